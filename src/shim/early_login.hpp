#pragma once

#include <cstdint>

#include "arguments.hpp"
#include "libpq.hpp"

namespace pglakebase {

/// A connection that is begun while its credential is still being fetched. It goes on until TLS
/// stands, where libpq would next tell the server who connects; nothing of that has been sent then.
/// What fails before the credential is there costs nothing but the attempt.
class EarlyLogin {
 public:
  /// What it logs in with. `user` and `options` are null where it has them already.
  struct Secrets {
    const char* password;
    const char* user;
    const char* options;
  };

  explicit EarlyLogin(const Libpq& libpq) : libpq_(libpq) {}
  ~EarlyLogin() { give_up(); }
  EarlyLogin(const EarlyLogin&) = delete;
  EarlyLogin& operator=(const EarlyLogin&) = delete;

  /// Can it be done with this libpq? Not where another wrapper stands in front of it, which may
  /// want to see the call.
  bool possible() const { return libpq_.sslInUse != nullptr; }
  /// With stand-ins in place of the secrets. Looks names up, which may take its time.
  void begin(const Arguments& arguments, bool expand_dbname);
  bool begun() const { return begun_ms_ != 0; }
  /// Waits for the server, so long at most, and goes on. False when there is nothing left to do.
  bool advance(std::int64_t wait_ms);

  /// False where there is none, or none that can still log in: it is to be made (again) by libpq's
  /// own function.
  bool take(const Secrets& secrets);
  /// Goes on until it is connected, or failed for good. False where it took too long by `timeout_s`
  /// (libpq's connect_timeout; 0 is none), for which libpq has more remedies than we have.
  bool finish(std::int64_t timeout_s);
  /// Was it that, rather than that the server could not be waited for?
  bool is_out_of_time() const { return out_of_time_; }
  /// Gives it away as it is, be it connected, under way or failed; null if there is none.
  PGconn* release();
  void give_up();

 private:
  bool has_tls() const;
  bool is_under_way() const;
  bool is_usable() const;
  void poll(std::int64_t wait_ms);

  const Libpq& libpq_;
  PGconn* connection_ = nullptr;
  PostgresPollingStatusType wants_ = PGRES_POLLING_WRITING;
  // By monotonic_ms(); 0 is not yet.
  std::int64_t begun_ms_ = 0;
  std::int64_t looked_up_ms_ = 0;
  std::int64_t secured_ms_ = 0;
  bool out_of_time_ = false;
};

}  // namespace pglakebase

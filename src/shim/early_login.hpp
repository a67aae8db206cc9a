#pragma once

#include <cstdint>

#include "arguments.hpp"
#include "libpq.hpp"

namespace pglakebase {

/// A connection that is begun while its credential is still being fetched. It goes on until TLS
/// stands, where libpq would next tell the server who connects; nothing of that has been sent then.
/// One that fails before the credential is there costs nothing but the attempt: it is made again.
class EarlyLogin {
 public:
  /// What it logs in with, where it does not have that already. `user` and `options` may be null.
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
  /// With stand-ins in place of the secrets.
  void begin(const Arguments& arguments, bool expand_dbname);
  /// Waits for the server, so long at most, and goes on. False when there is nothing left to do.
  bool step(std::int64_t wait_ms);

  /// Gives it the secrets and logs in, in a blocking call, or as far as it is, for who polls. Null
  /// where it has to be made (again) by libpq's own function: there is none, it cannot be given the
  /// secrets, or `timeout_s` (libpq's connect_timeout, 0 is none) is over.
  PGconn* log_in(const Secrets& secrets, bool blocking, std::int64_t timeout_s);
  /// Ends it, if there is one.
  void give_up();

 private:
  bool has_tls() const;
  bool is_under_way() const;
  void poll(std::int64_t wait_ms);

  const Libpq& libpq_;
  PGconn* connection_ = nullptr;
  PostgresPollingStatusType wants_ = PGRES_POLLING_WRITING;
};

}  // namespace pglakebase

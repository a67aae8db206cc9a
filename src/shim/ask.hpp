#pragma once

#include <string_view>

#include "arguments.hpp"
#include "libpq.hpp"

namespace pglakebase {

/// What libpq itself makes of a connection's parameters: string, URI, service file, environment and
/// defaults resolved, without a connection. libpq is stopped right behind that by a value that it
/// must refuse, before it looks up a name or opens a socket.
class Answer {
 public:
  /// Asks with the arguments as they stand (a stop is appended). `arguments` is left with the stop.
  Answer(const Libpq& libpq, Arguments& arguments, bool expand_dbname);
  ~Answer();
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  /// False where libpq stopped earlier: the caller's own parameters are wrong, and libpq should
  /// tell the caller in its own words.
  bool resolved() const { return options_ != nullptr; }
  std::string_view get(std::string_view keyword) const;
  bool knows(std::string_view keyword) const { return knows_option(options_, keyword); }
  int libpq_version() const { return libpq_.libVersion(); }
  /// Goes nowhere, and lives as long as the answer; null without memory.
  PGconn* connection() const { return connection_; }
  /// The password, also from a password file; empty if there is none.
  std::string_view password() const;

 private:
  PQconninfoOption* options_and_root();

  const Libpq& libpq_;
  PGconn* connection_ = nullptr;
  PQconninfoOption* options_ = nullptr;
  // Where the question showed where a connection keeps it, `options_` has a value of ours instead.
  bool root_is_aside_ = false;
  const char* root_ = nullptr;
};

/// The keyword at whose value libpq is stopped: target_session_attrs, which every libpq since 10
/// checks last; before 10, sslmode.
const char* stop_keyword(const Libpq& libpq);

}  // namespace pglakebase

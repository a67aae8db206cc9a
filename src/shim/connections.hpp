#pragma once

#include <libpq-fe.h>

#include <cstdint>

#include "learned_roots.hpp"
#include "login.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What is known of a connection that we had a hand in.
struct Remembered {
  // What its credential is asked for again by.
  Login login;
  Text user_token;
  bool handed_back = false;  ///< it cannot be asked for: what it was made from is not at hand
  RootsInUse roots;

  // The credential that it holds.
  std::uint64_t password = 0;  ///< fingerprint of the password that we put there last
  std::int64_t issued_ms = 0;  ///< 0 while it holds none
  std::int64_t expires_ms = 0;
  bool from_cache = false;
  bool retried = false;          ///< a refused one was replaced once already
  bool unconfirmed = false;      ///< no login has followed yet that shows that this helps
  std::int64_t patience_ms = 0;  ///< how long a blocking call may wait for another
  std::int64_t wake_ms = 0;      ///< how long a blocking call may wait for the server

  // What PQerrorMessage says.
  Text sentence;      ///< empty: libpq's own words
  Text libpqs_words;  ///< libpq's message when the sentence was set: another one is newer than ours
};

/// The table of those connections. Without locks, so that threads and forks find it usable. A
/// connection is used by one thread at a time (libpq's own rule), and so is its entry.
/// Takes `remembered` over. Null if there is no memory: the connection then is like any other.
Remembered* remember(PGconn* connection, Remembered&& remembered);
/// Null if it is not in the table. Valid until forget().
Remembered* recall(const PGconn* connection);
/// Must come before the real PQfinish: addresses are used again.
void forget(const PGconn* connection);

}  // namespace pglakebase

#pragma once

#include <libpq-fe.h>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What is known of a connection that we had a hand in.
struct Remembered {
  Text sentence;      ///< why no credential could be had; empty on a real connection
  Text libpqs_words;  ///< libpq's message when the sentence was set: another one is newer than ours
};

/// The table of those connections. Without locks, so that threads and forks find it usable. A
/// connection is used by one thread at a time (libpq's own rule), and so is its entry.
/// Takes `remembered` over. False if there is no memory: the connection then is like any other.
bool remember(PGconn* connection, Remembered&& remembered);
/// Null if it is not in the table. Valid until forget().
Remembered* recall(const PGconn* connection);
/// Must come before the real PQfinish: addresses are used again.
void forget(const PGconn* connection);

}  // namespace pglakebase

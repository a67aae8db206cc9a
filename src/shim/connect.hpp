#pragma once

#include "libpq.hpp"

namespace pglakebase {

/// One call of one of libpq's connect functions, as parameter arrays.
struct ConnectCall {
  const char* const* keywords;  ///< ends with null
  const char* const* values;
  bool expand_dbname;
  bool blocking;
};

/// Makes the connection if it goes to Lakebase and wants a credential: connected, under way or
/// failed with our sentence. False if the caller's own function is to be called with the caller's
/// own arguments, whatever the reason.
bool connect_to_lakebase(const ConnectCall& call, const Libpq& libpq, PGconn*& connection);

}  // namespace pglakebase

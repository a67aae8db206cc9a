#pragma once

#include "libpq.hpp"

namespace pglakebase::test {

/// The libpq that this program is linked to, in place of the one that the library finds.
inline Libpq real_libpq() {
  Libpq libpq;
  libpq.connectStartParams = ::PQconnectStartParams;
  libpq.conninfo = ::PQconninfo;
  libpq.conninfoParse = ::PQconninfoParse;
  libpq.conninfoFree = ::PQconninfoFree;
  libpq.freemem = ::PQfreemem;
  libpq.status = ::PQstatus;
  libpq.errorMessage = ::PQerrorMessage;
  libpq.pass = ::PQpass;
  libpq.user = ::PQuser;
  libpq.host = ::PQhost;
  libpq.options = ::PQoptions;
  libpq.finish = ::PQfinish;
  libpq.libVersion = ::PQlibVersion;
  return libpq;
}

}  // namespace pglakebase::test

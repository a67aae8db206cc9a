#pragma once

#include <string_view>

namespace pglakebase {

/// Does libpq's message on a failed connect say that the server is not up, and nothing else? True
/// if every attempt that it tells of met nobody listening, a connection that was dropped or a
/// server that starts up; an address without a route does not count, if there is another. Names
/// that do not resolve, wrong certificates and whatever a server that is up says are not it.
///
/// The message is in the language of LC_MESSAGES, except for what the server and OpenSSL say: it is
/// compared with English and with that language's words (`libpq_version` names libpq's catalogue).
/// `unavailable`: the last SQLSTATE was one of a server that is not up; decides on a single
/// attempt's message from a server.
bool seems_asleep(std::string_view message, int libpq_version, bool unavailable);

}  // namespace pglakebase

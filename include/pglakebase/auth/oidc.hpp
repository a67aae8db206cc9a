#pragma once

#include <string>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// Asks the discovery document at `url` for the token endpoint. Throws AuthError if there is none,
/// or not an https one.
std::string discover_token_endpoint(HttpClient& http, const std::string& url);

/// A successful answer of a token endpoint (RFC 6749, section 5.1), read strictly. `asked_ms` is
/// the wall clock before the call. Throws AuthError.
WorkspaceToken parse_token_response(const HttpResponse& response, std::int64_t asked_ms,
                                    const std::string& origin);

}  // namespace pglakebase

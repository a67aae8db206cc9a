#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pglakebase/auth/credential_source.hpp"
#include "pglakebase/auth/reply.hpp"

namespace pglakebase {

/// Asks the discovery document at `url` for the token endpoint. Throws AuthError if there is none,
/// or not an https one.
std::string discover_token_endpoint(HttpClient& http, const std::string& url);

/// A successful answer of a token endpoint (RFC 6749, section 5.1), read strictly. `asked_ms` is
/// the wall clock before the call. Throws AuthError.
WorkspaceToken parse_token_response(const HttpResponse& response, std::int64_t asked_ms,
                                    const std::string& origin);

/// A moment of expiry in seconds since 1970, as a number or a text of digits; in milliseconds.
/// Throws AuthError if it is neither, or lies before `now_ms`, or more than 30 days after.
std::int64_t moment_field(const nlohmann::json& object, const char* name, std::int64_t now_ms,
                          const Call& call);

/// Calls `ask` with the address of the workspace's token endpoint: where the setting discovery_url
/// says; else the one that every workspace has, and another one only if that is not there (404).
WorkspaceToken at_token_endpoint(const SourceContext& context,
                                 const std::function<WorkspaceToken(const std::string&)>& ask);

/// Throws ConfigError if the secret would go where somebody else's discovery_url says.
void check_discovery(const Settings& settings, const Setting& secret);

/// Asks a token endpoint. `what` completes "asking for …". Throws AuthError.
WorkspaceToken ask_token(const SourceContext& context, const std::string& endpoint,
                         const std::vector<std::pair<std::string_view, std::string_view>>& form,
                         const std::vector<std::string>& headers, const std::string& what,
                         const std::function<std::string(int)>& remedy);

}  // namespace pglakebase

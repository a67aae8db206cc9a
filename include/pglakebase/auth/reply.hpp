#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// One call, for error texts.
struct Call {
  std::string what;    ///< "the workspace token", as in "asking for the workspace token"
  std::string origin;  ///< https://name[:port]
  std::string who = "Databricks";  ///< whose server that is
  int known_best = 0;  ///< the HTTP status for which the caller's remedy says more than the table's
};

/// Sends and gives the response of status 200 to 299. Everything else is thrown as an AuthError
/// with `remedy(status)` as its end.
HttpResponse send_expecting_success(HttpClient& http, const HttpRequest& request, const Call& call,
                                    const std::function<std::string(int)>& remedy);

/// The body as a JSON object. Throws AuthError if it is anything else: a login page, garbage, an
/// array, nested more deeply than any answer of the API.
nlohmann::json json_object(const HttpResponse& response, const Call& call);

/// A string field. Throws AuthError if it is missing or no string.
std::string string_field(const nlohmann::json& object, const char* name, const Call& call);

/// A token: one that can be a header or a password (printable ASCII without blanks, 16 KiB at
/// most). Throws AuthError.
std::string token_field(const nlohmann::json& object, const char* name, const Call& call);

/// The machine-readable code of an API or OAuth error: `error_code`, `error` or `errorCode`, if it
/// looks like one (letters of one case and underscores); else empty.
std::string error_code(std::string_view body);

[[noreturn]] void throw_unexpected(const Call& call, const std::string& why);

}  // namespace pglakebase

#include "pglakebase/auth/client_key_password.hpp"

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/config/config_error.hpp"

namespace pglakebase {
namespace {

bool find(const std::vector<RequestDocument::Given>& entries, std::string_view name, Level level,
          Setting& found) {
  for (const auto& [given, value] : entries)
    if (given == name) {
      found = {value, level, std::string(name), {}};
      return true;
    }
  return false;
}

}  // namespace

Secret client_key_password(const RequestDocument& request, const Cache& cache, HttpClient& http,
                           Clock& clock, std::int64_t deadline_ms) {
  Setting found;
  if (!find(request.directives, "client_key_password", Level::directive, found) &&
      !find(request.environment, "PGLAKEBASE_CLIENT_KEY_PASSWORD", Level::own_variable, found))
    return {};
  const Settings no_others;
  try {
    return reveal_secret({no_others, cache, http, clock, deadline_ms}, found);
  } catch (const AuthError& error) {
    throw ConfigError(error.what());
  }
}

}  // namespace pglakebase

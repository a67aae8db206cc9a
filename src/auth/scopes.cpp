#include "pglakebase/auth/scopes.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {

std::string scopes(const Settings& settings) {
  std::string_view rest = settings.get("scopes");
  std::string_view scope;
  std::string out;
  while (take_until(rest, ',', scope)) {
    scope = trim(scope);
    if (scope.empty()) continue;
    if (!out.empty()) out += ' ';
    out += scope;
  }
  return out.empty() ? "all-apis" : out;
}

}  // namespace pglakebase

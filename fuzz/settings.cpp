// What directives, variables and a profile come to: lines `directive.NAME=value` and
// `env.NAME=value` up to an empty one, then ~/.databrickscfg. A secret is given out for its own
// workspace alone.
#include "pglakebase/config/settings.hpp"

#include "fuzz.hpp"
#include "pglakebase/config/attributes.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

RequestDocument request_of(std::string_view& input) {
  RequestDocument request;
  request.hosts = {"ep-a-b-c1.database.us-east-1.cloud.databricks.com"};
  for (std::string_view line = take_line(input); !line.empty(); line = take_line(input)) {
    std::string_view name;
    take_until(line, '=', name);
    // Files of whoever runs this are none of its business.
    if (name.ends_with("config_file") || name.ends_with("CONFIG_FILE") || line.empty()) continue;
    if (starts_with(name, "directive."))
      request.directives.push_back({std::string(name.substr(10)), c_string(line)});
    else if (starts_with(name, "env."))
      request.environment.push_back({std::string(name.substr(4)), c_string(line)});
  }
  request.home = directory();
  return request;
}

}  // namespace

void run(std::string_view input) {
  const RequestDocument request = request_of(input);
  write_file(".databrickscfg", input);
  try {
    const Settings settings = Settings::resolve(request);
    for (const Input& known : inputs()) {
      const Setting* setting = settings.find(known.name());
      FUZZ_CHECK(settings.get(known.name()) == (setting != nullptr ? setting->value : ""));
      FUZZ_CHECK(setting == nullptr || !setting->origin().empty());
      if (!is_secret(known.name()) || setting == nullptr) continue;
      try {
        const Setting* secret = settings.secret(known.name());
        // Whoever gave it named this workspace, or none.
        const std::string& theirs = settings.workspace_of(secret->level);
        FUZZ_CHECK(theirs.empty() || theirs == settings.workspace());
      } catch (const ConfigError&) {
      }
    }
    FUZZ_CHECK(settings.workspace().starts_with("https://"));
  } catch (const ConfigError& error) {
    FUZZ_CHECK(error.hold_ms() > 0);
  }
}

}  // namespace pglakebase::fuzz

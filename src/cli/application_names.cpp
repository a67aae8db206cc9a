#include "pglakebase/cli/application_names.hpp"

#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/switches.hpp"

namespace pglakebase {
namespace {

bool given(const char* name) {
  return environment(name) != nullptr;
}

bool is_true(const char* name) {
  const char* value = environment(name);
  return value != nullptr && std::string_view(value) == "true";
}

void take_over(const char* name, const char* libpqs) {
  const char* value = environment(name);
  if (value != nullptr && !given(libpqs) && ::setenv(libpqs, value, 1) != 0)
    throw CommandError(k_exit_failed, "there is not enough memory");
}

// By names of its own, and without a service that says it all.
bool is_set_up_as_application() {
  return !given("PGSERVICE") && (is_true("USE_LAKEBASE") || given("KEY_VAULT_NAME")) &&
         (given("LAKEBASE_HOSTNAME") || given("LAKEBASE_DATABASE") ||
          given("DATABRICKS_WORKSPACE_URL"));
}

std::string missing_names() {
  std::string missing;
  const auto need = [&](const char* name, std::initializer_list<const char*> instead) {
    if (given(name)) return;
    for (const char* other : instead)
      if (given(other)) return;
    missing.append(missing.empty() ? "" : ", ").append(name);
  };
  need("DATABRICKS_WORKSPACE_URL", {"DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE"});
  need("LAKEBASE_HOSTNAME", {"PGHOST"});
  need("LAKEBASE_DATABASE", {"PGDATABASE"});
  if (given("KEY_VAULT_NAME") && !is_true("USE_MANAGED_IDENTITY")) need("DATABRICKS_CLIENT_ID", {});
  return missing;
}

}  // namespace

void take_over_application_names() {
  if (switched_off()) return;
  if (is_set_up_as_application())
    if (const std::string missing = missing_names(); !missing.empty())
      throw CommandError(k_exit_not_configured, "missing Lakebase settings: " + missing +
                                                    "; set them all, or name a service");
  take_over("LAKEBASE_HOSTNAME", "PGHOST");
  take_over("LAKEBASE_DATABASE", "PGDATABASE");
}

}  // namespace pglakebase

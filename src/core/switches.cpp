#include "pglakebase/core/switches.hpp"

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

bool says_off(const char* name) {
  const char* mode = environment(name);
  if (mode == nullptr) return false;
  const std::string_view value(mode);
  return equals_ignoring_case(value, "off") || value == "0" || equals_ignoring_case(value, "no");
}

}  // namespace

bool switched_off() {
  if (says_off("PGLAKEBASE")) return true;
  const char* mode = environment("USE_LAKEBASE");
  return mode != nullptr && !equals_ignoring_case(mode, "true");
}

bool hooks_switched_off() {
  return says_off("PGLAKEBASE_HOOKS");
}

}  // namespace pglakebase

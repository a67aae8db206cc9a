#include "pglakebase/core/switches.hpp"

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {

bool switched_off() {
  if (const char* mode = environment("PGLAKEBASE"); mode != nullptr)
    if (const std::string_view value(mode);
        equals_ignoring_case(value, "off") || value == "0" || equals_ignoring_case(value, "no"))
      return true;
  const char* mode = environment("USE_LAKEBASE");
  return mode != nullptr && !equals_ignoring_case(mode, "true");
}

}  // namespace pglakebase

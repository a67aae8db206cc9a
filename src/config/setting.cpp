#include "pglakebase/config/setting.hpp"

namespace pglakebase {

std::string Setting::origin() const {
  switch (level) {
    case Level::directive:
      return "directive " + name;
    case Level::own_variable:
    case Level::variable:
      break;
    case Level::profile:
      return name + " of profile " + profile;
  }
  return name;
}

}  // namespace pglakebase

#include "pglakebase/config/setting.hpp"

namespace pglakebase {

std::string Setting::origin() const {
  switch (level) {
    case Level::directive:
      // It is none that a service file may give.
      if (name == "user_token") return "the password or the program";
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

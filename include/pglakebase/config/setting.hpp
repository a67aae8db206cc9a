#pragma once

#include <string>

namespace pglakebase {

/// Where a value comes from.
enum class Level {
  directive,     ///< a `#lakebase:` comment
  own_variable,  ///< PGLAKEBASE_…
  variable,      ///< anybody's: DATABRICKS_…, ARM_…
  profile        ///< ~/.databrickscfg
};

/// A value, and its origin for error texts.
struct Setting {
  std::string value;
  Level level = Level::variable;
  std::string name;     ///< the directive, the variable or the key in the profile
  std::string profile;  ///< `PROD in /home/u/.databrickscfg`, for Level::profile

  /// `directive client_id`, `DATABRICKS_CLIENT_ID`, `client_id of profile PROD in …`.
  std::string origin() const;
};

}  // namespace pglakebase

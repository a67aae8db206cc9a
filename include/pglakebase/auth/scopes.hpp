#pragma once

#include <string>

#include "pglakebase/config/settings.hpp"

namespace pglakebase {

/// What workspace tokens are asked for: the setting `scopes` (a comma list), separated by blanks;
/// or all-apis.
std::string scopes(const Settings& settings);

}  // namespace pglakebase

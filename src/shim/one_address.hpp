#pragma once

#include <string_view>

namespace pglakebase {

/// Is there but one address that libpq could try? Both lists are libpq's own. Looks the name up
/// where no address is given, as libpq has just done.
bool is_one_address(std::string_view hosts, std::string_view hostaddrs);

}  // namespace pglakebase

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pglakebase {

/// Percent-encodes everything but unreserved characters (RFC 3986): right in paths, queries and
/// form bodies alike.
std::string percent_encoded(std::string_view text);

/// An application/x-www-form-urlencoded body, or a query.
std::string form_encoded(const std::vector<std::pair<std::string_view, std::string_view>>& fields);

}  // namespace pglakebase

#pragma once

#include <string>
#include <string_view>

namespace pglakebase {

/// A token as people keep it, without the white space around it. Throws ConfigError, naming
/// `origin`, if it is none (printable ASCII without blanks, 16 KiB at most).
std::string identity_token(std::string_view text, const std::string& origin);

/// The same from a file, read anew at each call: whoever renews it replaces it. `origin` says who
/// named the file. Throws ConfigError.
std::string identity_token_file(const std::string& path, const std::string& origin);

}  // namespace pglakebase

#pragma once

#include <string>
#include <string_view>

namespace pglakebase {

/// Values of LD_PRELOAD: paths separated by colons or blanks. `library` is an absolute path that
/// holds neither.

/// `list` with `library` at its end, or unchanged if it names that file already (perhaps through a
/// link).
std::string with_library(std::string_view list, const std::string& library);

/// `list` without any entry that is `library`; separators of the others become colons.
std::string without_library(std::string_view list, const std::string& library);

/// The absolute path of libpglakebase.so. Throws CommandError if it is not there, or if its path
/// cannot stand in LD_PRELOAD.
std::string preload_library();

}  // namespace pglakebase

#pragma once

#include <string>
#include <string_view>

namespace pglakebase {

/// Writes everything to standard output. Throws CommandError when that cannot be done (a closed
/// pipe, a full disk).
void print(std::string_view text);

/// Writes "pglakebase: <sentence>" and a newline to standard error. Control characters, which may
/// come from files, do not reach the terminal.
void complain(std::string_view sentence);

/// `text` with '?' for each control character.
std::string printable(std::string_view text);

}  // namespace pglakebase

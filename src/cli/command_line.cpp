#include "pglakebase/cli/command_line.hpp"

#include <string_view>

namespace pglakebase {

std::size_t own_arguments(std::span<char* const> arguments, bool& separator) {
  separator = false;
  if (arguments.size() < 2 || std::string_view(arguments[1]) != "run") return arguments.size();
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::string_view argument(arguments[i]);
    separator = argument == "--";
    if (separator || !argument.starts_with('-')) return i;
    // The one option that takes the next word.
    if (argument == "--service") ++i;
  }
  return arguments.size();
}

}  // namespace pglakebase

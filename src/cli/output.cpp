#include "pglakebase/cli/output.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/core/file_io.hpp"

namespace pglakebase {

void print(std::string_view text) {
  // Nothing is executed after a command has begun to print, so nobody inherits this.
  ::signal(SIGPIPE, SIG_IGN);
  if (!write_all(STDOUT_FILENO, text))
    throw CommandError(k_exit_failed, std::string("the output cannot be written: ") +
                                          std::strerror(errno) +
                                          "; see where standard output leads");
}

void complain(std::string_view sentence) {
  write_all(STDERR_FILENO, "pglakebase: " + printable(sentence) + "\n");
}

std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return out;
}

}  // namespace pglakebase

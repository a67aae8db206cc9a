#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pglakebase {

/// A program could not be started; what() says which and why.
class CommandError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// How a program ended, and what it wrote.
struct CommandResult {
  enum class End {
    exited,
    killed,     ///< by a signal that was not ours
    timed_out,  ///< killed by us, with all that it had started
    too_much    ///< the same: more output than k_output_limit
  };
  End end = End::exited;
  int status = 0;     ///< exit status, or the signal
  std::string out;    ///< may hold a secret
  std::string error;  ///< the first k_error_limit bytes; may hold anything

  bool ok() const { return end == End::exited && status == 0; }
  /// "ended with status 1", "did not end in time", …: completes a sentence that begins with it.
  std::string how() const;
};

/// One run of another program (databricks, az, …): no shell, no input, a few variables of our own
/// environment, the directory "/", a process group of its own that is killed as a whole when the
/// run is over. Linux only; call it from the main thread, whose end kills the program, too.
class Command {
 public:
  static constexpr std::size_t k_output_limit = 1024 * 1024;
  static constexpr std::size_t k_error_limit = 16 * 1024;

  /// `arguments[0]` is an absolute path (find_program()). No secret may stand in `arguments`.
  explicit Command(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}

  /// Adds a variable to those that the program gets: PATH, HOME, user, language, temporary
  /// directory, session bus, proxies and trusted roots.
  Command& variable(std::string_view name, std::string_view value);

  /// Runs for `limit_ms` at most. Throws CommandError.
  CommandResult run(std::int64_t limit_ms) const;

 private:
  std::vector<std::string> arguments_;
  std::vector<std::string> variables_;
};

/// The absolute path of a program: `name` itself if it is one, else the first executable file of
/// that name in PATH, of which only absolute directories count. Empty if there is none.
std::string find_program(std::string_view name, std::int64_t at_least = 0);

}  // namespace pglakebase

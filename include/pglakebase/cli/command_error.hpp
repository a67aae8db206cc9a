#pragma once

#include <stdexcept>
#include <string>

#include "pglakebase/cli/exit_code.hpp"

namespace pglakebase {

/// Ends the command: one sentence without its dot (what failed, why, what to do next), shown on
/// standard error after "pglakebase: ".
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode code, const std::string& sentence)
      : std::runtime_error(sentence), code_(code) {}

  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

}  // namespace pglakebase

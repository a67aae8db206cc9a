#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

enum class HelperEnd {
  finished,     ///< it ended; `reply` is what it said, perhaps nothing
  running,      ///< not waited for, or the deadline came first; it goes on by itself
  not_started,  ///< no process could be made, or the program could not be started; errno says why
};

/// What the caller does while it waits for a helper.
struct Meanwhile {
  /// Waits at most so long for something of its own, and goes on with it, which may take longer.
  /// False when nothing is left to do.
  bool (*step)(void* what, std::int64_t wait_ms) = nullptr;
  void* what = nullptr;
};

/// Runs the helper so that the host never notices: no SIGCHLD, nothing for its wait(-1), no
/// descriptor, its signals, environment and directory untouched, other threads run on.
/// `document` goes to its standard input. With `deadline_ms` 0 nothing is waited for; else waits
/// until that time (monotonic_ms()) and appends the helper's standard output to `reply`. How
/// long the helper lives stands in the document: it sets its own alarm. `meanwhile` is not called
/// where nothing is waited for, nor where the helper has to be an ordinary child.
HelperEnd run_helper(const char* path, std::string_view document, std::int64_t deadline_ms,
                     Text& reply, const Meanwhile& meanwhile = {});

/// Takes away what helpers that nobody waited for have left of themselves, once they have ended: a
/// process that the kernel keeps for its parent, and memory. Costs nothing where there is none.
void collect_ended_helpers();

}  // namespace pglakebase

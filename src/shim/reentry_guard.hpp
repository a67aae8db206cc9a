#pragma once

#include <libpq-fe.h>

#include "loaded_object.hpp"

namespace pglakebase {

/// libpq reaches its own exported functions through the PLT, so that a wrapper is entered again
/// from inside; while a guard lives on this thread, what libpq calls goes straight to the real
/// function. Guards nest. One that a handler jumped out of (longjmp) stays up for good, so that
/// active() alone does not tell a call from inside.
class ReentryGuard {
 public:
  using Poll = decltype(&::PQconnectPoll);

  /// `libpq` is the object that is about to be called (empty: not known), `loaded` the count by
  /// which it was found, `poll` its own PQconnectPoll (null: not known).
  ReentryGuard(const LoadedObject& libpq, const LoadCount& loaded, Poll poll) : before_(noted_) {
    noted_ = {true, libpq.start, libpq.end, loaded, poll};
  }
  ~ReentryGuard() { noted_ = before_; }
  ReentryGuard(const ReentryGuard&) = delete;
  ReentryGuard& operator=(const ReentryGuard&) = delete;

  static bool active() { return noted_.active; }
  /// Does that code belong to the libpq that was called? Then what was found out about it before
  /// that holds still, whatever has been loaded since: it cannot be gone while it runs.
  static bool covers(const void* caller) {
    const auto at = reinterpret_cast<std::uintptr_t>(caller);
    return at >= noted_.start && at < noted_.end;
  }
  static const LoadCount& loaded() { return noted_.loaded; }
  /// What that code means by PQconnectPoll, which it calls many times in each call that waits, each
  /// time with cold caches. Null where it has to be found out.
  static Poll poll_for(const void* caller) { return covers(caller) ? noted_.poll : nullptr; }

 private:
  struct Noted {
    bool active;
    std::uintptr_t start;
    std::uintptr_t end;
    LoadCount loaded;
    Poll poll;
  };

  static inline thread_local Noted noted_{};
  const Noted before_;
};

}  // namespace pglakebase

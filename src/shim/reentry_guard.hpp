#pragma once

#include <libpq-fe.h>

#include "loaded_object.hpp"

namespace pglakebase {

/// Who is called, as far as it is known.
struct Callee {
  using Poll = decltype(&::PQconnectPoll);

  Poll poll = nullptr;  ///< its own PQconnectPoll; null: not known
  LoadedObject object;  ///< empty: not known
  LoadCount loaded;     ///< by which it was found
};

/// libpq reaches its own exported functions through the PLT, so that a wrapper is entered again
/// from inside; while a guard lives on this thread, what libpq calls goes straight to the real
/// function. Guards nest. One that a handler jumped out of (longjmp) stays up for good, so that
/// active() alone does not tell a call from inside.
class ReentryGuard {
 public:
  explicit ReentryGuard(const Callee& callee) : before_(noted_) { noted_ = {true, callee}; }
  ~ReentryGuard() { noted_ = before_; }
  ReentryGuard(const ReentryGuard&) = delete;
  ReentryGuard& operator=(const ReentryGuard&) = delete;

  static bool active() { return noted_.active; }
  /// Does that code belong to the libpq that was called? Then what was found out about it before
  /// that holds still, whatever has been loaded since: it cannot be gone while it runs.
  static bool covers(const void* caller) { return noted_.callee.object.holds(caller); }
  static const LoadCount& loaded() { return noted_.callee.loaded; }
  /// What that code means by PQconnectPoll, which it calls many times in each call that waits, each
  /// time with cold caches. Null where it has to be found out.
  static Callee::Poll poll_for(const void* caller) {
    return covers(caller) ? noted_.callee.poll : nullptr;
  }

 private:
  struct Noted {
    bool active;
    Callee callee;
  };

  static inline thread_local Noted noted_{};
  const Noted before_;
};

}  // namespace pglakebase

#pragma once

namespace pglakebase {

/// libpq reaches its own exported functions through the PLT, so that a wrapper is entered again
/// from inside; while a guard lives on this thread, what libpq calls goes straight to the real
/// function. Guards nest. One that a handler jumped out of (longjmp) stays up for good, so that
/// active() alone does not tell a call from inside.
class ReentryGuard {
 public:
  ReentryGuard() : before_(active_) { active_ = true; }
  ~ReentryGuard() { active_ = before_; }
  ReentryGuard(const ReentryGuard&) = delete;
  ReentryGuard& operator=(const ReentryGuard&) = delete;

  static bool active() { return active_; }

 private:
  static inline thread_local bool active_ = false;
  bool before_;
};

}  // namespace pglakebase

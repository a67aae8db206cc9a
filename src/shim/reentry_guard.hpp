#pragma once

namespace pglakebase {

/// libpq reaches its own exported functions through the PLT, so that a wrapper is entered again
/// from inside; while a guard lives on this thread, wrappers go straight to the real function.
/// Guards nest.
class ReentryGuard {
 public:
  ReentryGuard() { ++depth_; }
  ~ReentryGuard() { --depth_; }
  ReentryGuard(const ReentryGuard&) = delete;
  ReentryGuard& operator=(const ReentryGuard&) = delete;

  static bool active() { return depth_ != 0; }

 private:
  static inline thread_local int depth_ = 0;
};

}  // namespace pglakebase

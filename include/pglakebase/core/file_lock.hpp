#pragma once

#include <cstdint>

#include "pglakebase/core/cache.hpp"

namespace pglakebase {

/// An flock on `lock-<name>` in the cache, held until destruction. The file is never unlinked, so
/// that everybody locks the same one. For the helper only: inside a host a lock would survive its
/// holder through a fork.
class FileLock {
 public:
  /// Waits until `deadline_ms` (monotonic). Without a valid cache, or on a file system without
  /// flock, gives a lock that holds nothing and counts as held.
  static FileLock acquire(const Cache& cache, const EntryName& name, std::int64_t deadline_ms);

  bool held() const { return held_; }

 private:
  UniqueFd fd_;
  bool held_ = false;
};

}  // namespace pglakebase

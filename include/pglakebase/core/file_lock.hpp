#pragma once

#include <cstdint>

#include "pglakebase/core/cache.hpp"

namespace pglakebase {

/// What is locked. A process takes at most one lock of each level, in this order: names share
/// files, and any other order could end with two processes waiting for each other.
enum class LockLevel : char {
  identity = 'i',   ///< fetching one identity's database credential
  workspace = 'w',  ///< signing in to a workspace
  server = 's'      ///< asking a server that is in trouble
};

/// An flock on a file of the cache, held until destruction. The file is never unlinked, so that
/// everybody locks the same one; the names of a level are spread over 4,096 files, so that there
/// are never more. Two names of one file wait for each other. For the helper only: inside a host a
/// lock would survive its holder through a fork.
class FileLock {
 public:
  /// Waits until `deadline_ms` (monotonic). Without a valid cache, or on a file system without
  /// flock, gives a lock that holds nothing and counts as held.
  static FileLock acquire(const Cache& cache, const EntryName& name, std::int64_t deadline_ms,
                          LockLevel level = LockLevel::identity);

  bool held() const { return held_; }

 private:
  UniqueFd fd_;
  bool held_ = false;
};

}  // namespace pglakebase

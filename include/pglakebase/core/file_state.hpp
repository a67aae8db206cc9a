#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "pglakebase/core/kernel.hpp"

namespace pglakebase {

/// What tells a file from what it was, without reading it. No padding, so that two may be compared
/// as bytes.
struct FileState {
  std::int64_t present = 0;  ///< 0: there is none, and all else is 0
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::int64_t size = 0;
  std::int64_t changed_s = 0;  ///< since 1970
  std::int64_t changed_ns = 0;

  FileState() = default;
  explicit FileState(const struct stat& st)
      : present(1),
        device(st.st_dev),
        inode(st.st_ino),
        size(st.st_size),
        changed_s(st.st_mtim.tv_sec),
        changed_ns(st.st_mtim.tv_nsec) {}

  /// As the file is now.
  static FileState of(const char* path) {
    struct stat st {};
    return status_of(path, &st) == 0 ? FileState(st) : FileState();
  }
};

}  // namespace pglakebase

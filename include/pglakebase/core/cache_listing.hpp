#pragma once

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// Goes through the files `<kind>-<name>` of a cache, in no order; the key, lock files and copies
/// under way are none of them. What is made or removed meanwhile may come or not.
class CacheListing {
 public:
  /// A cache that is not valid has no files.
  explicit CacheListing(const Cache& cache);
  ~CacheListing();
  CacheListing(const CacheListing&) = delete;
  CacheListing& operator=(const CacheListing&) = delete;

  /// False at the end.
  bool next(Text& kind, EntryName& name);

 private:
  void* stream_ = nullptr;
};

}  // namespace pglakebase

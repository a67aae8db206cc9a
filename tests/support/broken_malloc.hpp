#pragma once

#include <atomic>
#include <cstddef>
#include <string_view>

/// The test executable is linked with --wrap for malloc and free, so that the code under test (and
/// nothing else) gets these.
namespace pglakebase::test {

/// While it lives, the n-th malloc from now (0 is the next) and all later ones fail.
class MallocFailsAfter {
 public:
  explicit MallocFailsAfter(int n);
  MallocFailsAfter(const MallocFailsAfter&) = delete;
  MallocFailsAfter& operator=(const MallocFailsAfter&) = delete;
  ~MallocFailsAfter();
};

/// While it lives, counts blocks that are freed with `secret` still in them.
class FreeWatch {
 public:
  explicit FreeWatch(std::string_view secret);
  FreeWatch(const FreeWatch&) = delete;
  FreeWatch& operator=(const FreeWatch&) = delete;
  ~FreeWatch();
  int leaked() const;
  int freed() const;
};

}  // namespace pglakebase::test

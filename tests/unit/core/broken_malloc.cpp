#include "broken_malloc.hpp"

#include <malloc.h>

#include <cstdlib>
#include <cstring>

namespace {

std::atomic<int> g_left{-1};
std::atomic<int> g_leaked{0};
std::atomic<int> g_freed{0};
std::string_view g_secret;

}  // namespace

extern "C" {

void* __real_malloc(std::size_t size);
void __real_free(void* block);

void* __wrap_malloc(std::size_t size) {
  if (g_left.load() == 0) return nullptr;
  if (g_left.load() > 0) --g_left;
  return __real_malloc(size);
}

void __wrap_free(void* block) {
  if (block != nullptr && !g_secret.empty()) {
    ++g_freed;
    if (::memmem(block, ::malloc_usable_size(block), g_secret.data(), g_secret.size()) != nullptr)
      ++g_leaked;
  }
  __real_free(block);
}

/// A request for too much memory must fail as it does without the sanitizer.
const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}
}

namespace pglakebase::test {

MallocFailsAfter::MallocFailsAfter(int n) {
  g_left = n;
}
MallocFailsAfter::~MallocFailsAfter() {
  g_left = -1;
}

FreeWatch::FreeWatch(std::string_view secret) {
  g_leaked = 0;
  g_freed = 0;
  g_secret = secret;
}
FreeWatch::~FreeWatch() {
  g_secret = {};
}
int FreeWatch::leaked() const {
  return g_leaked;
}
int FreeWatch::freed() const {
  return g_freed;
}

}  // namespace pglakebase::test

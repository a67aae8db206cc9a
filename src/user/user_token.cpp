// The library that a program links to say on whose behalf a thread connects. It holds the token and
// nothing else: the preloaded library, which may not be there, asks for it.
#include <pglakebase/pglakebase.h>
#include <string.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

// libc's own, since 2.18: what C++ run times register destructors of thread-locals with. Until it
// has run, this library stays loaded.
extern "C" {
// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
int __cxa_thread_atexit_impl(void (*function)(void*), void* argument, void* object);
// NOLINTNEXTLINE(bugprone-reserved-identifier): the compiler's name
[[gnu::visibility("hidden")]] extern void* __dso_handle;
PGLAKEBASE_PUBLIC const char* pglakebase_user_token_of_this_thread();
}

namespace {

constexpr std::size_t k_longest_token = 16UL * 1024;

// By these the preloaded library finds this one: it passes over all objects without thread-local
// storage.
thread_local char* t_token = nullptr;  // null: nobody's
thread_local bool t_invalid = false;   // what was given last is no token
thread_local bool t_registered = false;

void drop() {
  if (t_token == nullptr) return;
  memset(t_token, 0, strlen(t_token));
  // So that the compiler does not take that for a waste.
  asm volatile("" : : "r"(t_token) : "memory");
  std::free(t_token);
  t_token = nullptr;
}

void drop_at_end(void*) {
  drop();
  // What ends later may give one yet.
  t_registered = false;
}

bool is_token(const char* text) {
  std::size_t size = 0;
  for (; text[size] != '\0'; ++size)
    if (size >= k_longest_token || text[size] <= ' ' || text[size] >= 0x7f) return false;
  return size > 0;
}

int fail(int error) {
  t_invalid = true;
  errno = error;
  return -1;
}

}  // namespace

extern "C" int pglakebase_set_user_token(const char* token) {
  // Looked at before the old one goes: it may be the same memory.
  const bool good = token == nullptr || is_token(token);
  char* copy = good && token != nullptr ? strdup(token) : nullptr;
  drop();
  t_invalid = false;
  if (!good) return fail(EINVAL);
  if (token == nullptr) return 0;
  if (copy == nullptr) return fail(ENOMEM);
  t_token = copy;
  if (!t_registered) {
    t_registered = __cxa_thread_atexit_impl(drop_at_end, nullptr, &__dso_handle) == 0;
    if (!t_registered) {
      drop();
      return fail(ENOMEM);
    }
  }
  return 0;
}

extern "C" const char* pglakebase_user_token_of_this_thread() {
  return t_invalid ? "" : t_token;
}

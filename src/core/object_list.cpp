#include "pglakebase/core/object_list.hpp"

#include <pthread.h>

extern "C" {
// Behind pthread_atfork(), and weak because musl has it under that name alone.
// NOLINTNEXTLINE(bugprone-reserved-identifier): libc's name
[[gnu::weak]] int __register_atfork(void (*prepare)(), void (*parent)(), void (*child)(),
                                    void* object);
// NOLINTNEXTLINE(bugprone-reserved-identifier): the compiler's name
[[gnu::visibility("hidden")]] extern void* __dso_handle;
}

namespace pglakebase {
namespace {

constinit pthread_mutex_t g_turn = PTHREAD_MUTEX_INITIALIZER;
// How often this thread is inside: callbacks look at the list, too, and a handler of a signal may
// fork. Counted so that a signal between two lines does not make a thread wait for itself.
thread_local int t_depth = 0;

void enter() {
  if (t_depth++ == 0) ::pthread_mutex_lock(&g_turn);
}

void leave() {
  if (t_depth == 1) ::pthread_mutex_unlock(&g_turn);
  --t_depth;
}

// When the library is loaded: done at its first use, a fork could come in between.
[[gnu::constructor]] void watch_forks() {
  if (&__register_atfork != nullptr) __register_atfork(enter, leave, leave, &__dso_handle);
}

}  // namespace

int for_each_object(int (*callback)(dl_phdr_info*, std::size_t, void*), void* data) {
  enter();
  const int result = ::dl_iterate_phdr(callback, data);
  leave();
  return result;
}

}  // namespace pglakebase

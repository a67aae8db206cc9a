/* A malloc that fails for the library under test alone, from the FAIL_AT-th call on or at it only
   (FAIL_ONCE). Preloaded before it. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);

static long calls;
static long fail_at = -1;
static int once;
static __thread int inside;

__attribute__((constructor)) static void read_settings(void) {
  const char* at = getenv("FAIL_AT");
  once = getenv("FAIL_ONCE") != NULL;
  if (at != NULL) fail_at = atol(at);
}

static int fails(const void* caller) {
  Dl_info info;
  if (fail_at < 0 || inside) return 0;
  inside = 1;
  int ours = dladdr(caller, &info) != 0 && strstr(info.dli_fname, "libpglakebase") != NULL;
  inside = 0;
  if (!ours) return 0;
  long call = __atomic_fetch_add(&calls, 1, __ATOMIC_SEQ_CST);
  if (once ? call != fail_at : call < fail_at) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void* calloc(size_t count, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);
}

void* realloc(void* block, size_t size) {
  return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(block, size);
}

__attribute__((destructor)) static void tell(void) {
  if (getenv("FAIL_TELLS") != NULL) printf("mallocs=%ld\n", calls);
}

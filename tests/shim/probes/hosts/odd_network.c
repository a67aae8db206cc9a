/* A system whose name service is slow and then knows nothing (SLOW_NAMES, seconds), or whose poll()
   fails at its FAIL_POLL-th call from library and libpq, or from it on (FAIL_ON). Preloaded before
   them. */
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int lookups;
static int polls;

#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

int getaddrinfo(const char* host, const char* service, const struct addrinfo* hints,
                struct addrinfo** result) {
  const char* seconds = getenv("SLOW_NAMES");
  if (seconds == NULL) return REAL(getaddrinfo)(host, service, hints, result);
  ++lookups;
  sleep((unsigned)atoi(seconds));
  return EAI_AGAIN;
}

int poll(struct pollfd* list, nfds_t count, int timeout) {
  const char* at = getenv("FAIL_POLL");
  Dl_info info;
  if (at != NULL && dladdr(__builtin_return_address(0), &info) != 0 &&
      (strstr(info.dli_fname, "libpglakebase") != NULL ||
       strstr(info.dli_fname, "libpq") != NULL) &&
      (++polls == atoi(at) || (polls > atoi(at) && getenv("FAIL_ON") != NULL))) {
    errno = ENOMEM;
    return -1;
  }
  return REAL(poll)(list, count, timeout);
}

__attribute__((destructor)) static void tell(void) {
  printf("lookups=%d\npolls=%d\n", lookups, polls);
}

// Another preloaded library that wraps in the usual way, and tells at the end how often it was
// entered. With HOOKS_TOO it stands in front of dlsym() and dlopen() as well.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int connects, next_is_missing;

PGconn* PQconnectdbParams(const char* const* keywords, const char* const* values, int expand) {
  PGconn* (*next)(const char* const*, const char* const*, int);
  *(void**)&next = dlsym(RTLD_NEXT, "PQconnectdbParams");
  ++connects;
  if (next == NULL || next == PQconnectdbParams) {
    ++next_is_missing;
    return NULL;
  }
  return next(keywords, values, expand);
}

#ifdef HOOKS_TOO
static int opened, looked_up;

void* dlopen(const char* file, int mode) {
  void* (*next)(const char*, int);
  *(void**)&next = dlvsym(RTLD_NEXT, "dlopen", "GLIBC_2.2.5");
  ++opened;
  return next(file, mode);
}

void* dlsym(void* handle, const char* name) {
  void* (*next)(void*, const char*);
  *(void**)&next = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
  if (handle != RTLD_NEXT && strcmp(name, "PQconnectdb") == 0) ++looked_up;
  return next(handle, name);
}
#endif

__attribute__((destructor)) static void tell(void) {
  char text[100];
#ifdef HOOKS_TOO
  int size = snprintf(text, sizeof text, "opened=%d looked_up=%d\n", opened > 0, looked_up);
#else
  int size = snprintf(text, sizeof text, "connects=%d missing=%d\n", connects, next_is_missing);
#endif
  if (write(2, text, (size_t)size) < 0) return;
}

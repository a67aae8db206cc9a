// A replacement of malloc() that finds the real one at its first use, which is before any
// constructor, and says how often the look-up came back for memory.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int busy, came_back;
static void* (*real)(size_t);

void* malloc(size_t size) {
  static char spare[4096];
  if (busy) {
    ++came_back;
    return spare;
  }
  if (real == NULL) {
    busy = 1;
    *(void**)&real = dlsym(RTLD_NEXT, "malloc");
    busy = 0;
  }
  return real(size);
}

__attribute__((destructor)) static void tell(void) {
  char text[50];
  int size = snprintf(text, sizeof text, "came back: %d\n", came_back);
  if (write(2, text, (size_t)size) < 0) return;
}

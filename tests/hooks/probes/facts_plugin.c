// Opens and looks up from its own place: the linker goes by who calls.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int answer(void) {
  return 2;
}

void facts_of_plugin(void) {
  // Found through this object's RUNPATH alone.
  void* beside = dlopen("libbeside.so", RTLD_NOW | RTLD_LOCAL);
  printf("beside: %s\n", beside != NULL ? "found" : dlerror());
  int (*found)(void);
  *(void**)&found = dlsym(RTLD_DEFAULT, "answer");
  printf("default: %d\n", found != NULL ? found() : 0);
  *(void**)&found = dlsym(RTLD_NEXT, "answer");
  printf("next: %d\n", found != NULL ? found() : 0);
  *(void**)&found = dlsym(RTLD_NEXT, "PQnotthere");
  printf("missing: %d ", found != NULL);
  printf("%s\n", dlerror());
}

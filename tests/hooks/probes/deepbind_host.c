// deepbind_host MODULE CONNINFO
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

// The module's library has one, too.
int answer(void) {
  return 0;
}

int main(int argc, char** argv) {
  void* module = dlopen(argv[1], RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND);
  int (*act)(const char*);
  if (argc != 3 || module == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  *(void**)&act = dlsym(module, "act");
  return act(argv[2]);
}

// A program that knows nothing of libpq and opens a plugin with a libpq of its own.
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  void* plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (plugin == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  int (*run_calls)(const char*, const char*) = 0;
  *(void**)&run_calls = dlsym(plugin, "run_calls");
  return run_calls != NULL ? run_calls(argv[2], argv[3]) : 2;
}

// A program that knows nothing of libpq and opens plugins, each with a libpq of its own:
//   plugin_host PLAIN LAKEBASE PLUGIN...
#include <dlfcn.h>
#include <stdio.h>

enum { k_plugins = 8 };

typedef int run_calls(const char* plain, const char* lakebase);

int main(int argc, char** argv) {
  run_calls* run[k_plugins] = {0};
  const int count = argc - 3;
  if (count < 1 || count > k_plugins) return 2;
  // All are there before any is used.
  for (int i = 0; i < count; ++i) {
    void* plugin = dlopen(argv[3 + i], RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 2;
    }
    *(void**)&run[i] = dlsym(plugin, "run_calls");
  }
  int bad = 0;
  for (int i = 0; i < count; ++i) bad |= run[i] != NULL ? run[i](argv[1], argv[2]) : 2;
  return bad;
}

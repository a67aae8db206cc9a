// Opens plugins RTLD_LOCAL, each with a libpq of its own, and lets each of them do, in turn, what
// the lines of standard input say:  session_host PLUGIN...
// "-" is what is linked into this program.
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 16 };

int main(int argc, char** argv) {
  int (*version[MOST])(void);
  void (*act[MOST])(const char*, char*, size_t);
  if (argc > MOST) return 2;
  for (int i = 1; i < argc; ++i) {
    const char* file = strcmp(argv[i], "-") == 0 ? NULL : argv[i];
    void* plugin = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 2;
    }
    *(void**)&version[i] = dlsym(plugin, "plugin_version");
    *(void**)&act[i] = dlsym(plugin, "plugin_do");
  }
  char line[4096];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = '\0';
    for (int i = 1; i < argc; ++i) {
      char answer[1024];
      act[i](line, answer, sizeof answer);
      printf("%d %s\n", version[i]() / 10000, answer);
    }
    fflush(stdout);
  }
  return 0;
}

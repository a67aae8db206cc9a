#include <dlfcn.h>
#include <stdio.h>

int early_present(void);

/* early_host [LIBRARY]: linked to the library that connects early, and opens a copy of it. */
int main(int argc, char** argv) {
  if (argc > 1 && dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) == NULL) {
    puts(dlerror());
    return 1;
  }
  printf("main=%d\n", early_present());
  return 0;
}

// What the dynamic linker says in odd cases; the same with and without the library:
// facts LIBPQ NOT_LIBPQ PLUGIN
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

static const char* words(void) {
  const char* error = dlerror();
  return error != NULL ? error : "no error";
}

static void tell(const char* what, const void* found, int error) {
  printf("%s: %s, errno %d", what, found != NULL ? "found" : "null", error);
  printf(", %s", words());
  printf(", then %s\n", words());
}

static void open_it(const char* what, const char* file, int mode) {
  errno = 77;
  const void* found = dlopen(file, mode);
  tell(what, found, errno);
}

static void look_up(const char* what, void* handle, const char* name) {
  errno = 77;
  const void* found = dlsym(handle, name);
  const int error = errno;
  printf("%s in ", name);
  tell(what, found, error);
}

static const char* object_of(void* function) {
  Dl_info info;
  const char* slash;
  if (function == NULL || dladdr(function, &info) == 0) return "none";
  slash = strrchr(info.dli_fname, '/');
  return slash != NULL ? slash + 1 : info.dli_fname;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  open_it("not loaded", argv[1], RTLD_NOW | RTLD_NOLOAD);
  open_it("not loaded, deep", argv[1], RTLD_NOW | RTLD_NOLOAD | RTLD_DEEPBIND);
  open_it("not there", "/nowhere/libpq.so.5", RTLD_NOW | RTLD_DEEPBIND);
  open_it("bad mode", argv[1], RTLD_DEEPBIND);
  void* libpq = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  void* other = dlopen(argv[2], RTLD_NOW | RTLD_LOCAL);
  void* plugin = dlopen(argv[3], RTLD_NOW | RTLD_LOCAL);
  if (libpq == NULL || other == NULL || plugin == NULL) {
    printf("%s\n", words());
    return 2;
  }
  for (int again = 0; again < 2; ++again) {
    look_up("libpq", libpq, "PQconnectdb");
    look_up("libpq", libpq, "PQfinish");
    look_up("libpq", libpq, "PQnotthere");
    look_up("libpq", libpq, "PQ");
    look_up("libpq", libpq, "P");
    look_up("libpq", libpq, "");
    look_up("libpq", libpq, "getenv");
    look_up("other", other, "PQconnectdb");
    look_up("other", other, "PQfinish");
    look_up("default", RTLD_DEFAULT, "PQnotthere");
    look_up("default", RTLD_DEFAULT, "puts");
    look_up("next", RTLD_NEXT, "PQnotthere");
    look_up("next", RTLD_NEXT, "puts");
  }
  // An error that nobody asked for yet is gone after a call that went well.
  dlopen("/nowhere", RTLD_NOW);
  look_up("after an error", libpq, "PQconnectdb");
  dlsym(other, "PQfinish");
  printf("kept: %s\n", words());

  printf("not a libpq: %s\n", object_of(dlsym(other, "PQconnectdb")));
  printf("not wrapped: %s\n", object_of(dlsym(libpq, "PQstatus")));
  tell("with version", dlvsym(libpq, "PQconnectdb", "NONE_1"), 0);

  void* again = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD | RTLD_DEEPBIND);
  printf("the same handle: %d\n", again == libpq);
  printf("program: %d\n", dlopen(NULL, RTLD_NOW | RTLD_DEEPBIND) != NULL);

  void* apart = dlmopen(LM_ID_NEWLM, argv[1], RTLD_NOW | RTLD_LOCAL);
  if (apart == NULL) {
    printf("apart: %s\n", words());
  } else {
    void* function = dlsym(apart, "PQconnectdb");
    Lmid_t space = LM_ID_BASE;
    dlinfo(apart, RTLD_DI_LMID, &space);
    printf("apart: %s, namespace %ld, differs %d\n", object_of(function), (long)space,
           function != dlsym(libpq, "PQconnectdb"));
    printf("closed: %d\n", dlclose(apart));
  }

  void (*facts_of_plugin)(void);
  *(void**)&facts_of_plugin = dlsym(plugin, "facts_of_plugin");
  facts_of_plugin();
  return 0;
}

/* one_user LIBRARY TOKENFILE CONNINFO [COMMAND]: opens the library that says for whom, in a scope
 * of its own, and connects. Without a library ("-") nobody says anything. The token is the file's
 * first line; "" gives an empty one. With a command: runs it, serves nobody any more, and resets
 * the connection. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"

int main(int argc, char** argv) {
  char token[20000] = "";
  PGconn* connection;
  int (*set)(const char*) = NULL;
  int good;
  if (argc != 4 && argc != 5) return 2;
  if (strcmp(argv[1], "-") != 0) {
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    FILE* file = argv[2][0] != '\0' ? fopen(argv[2], "r") : NULL;
    if (library == NULL) return 2;
    if (file != NULL) {
      if (fgets(token, sizeof token, file) != NULL) token[strcspn(token, "\n")] = '\0';
      fclose(file);
    }
    *(void**)&set = dlsym(library, "pglakebase_set_user_token");
    if (set == NULL) return 2;
    printf("set=%d\n", set(token));
  }
  connection = PQconnectdb(argv[3]);
  good = show("user", connection);
  if (good && argc == 5) {
    if (system(argv[4]) != 0 || set == NULL || set(NULL) != 0) return 2;
    PQreset(connection);
    good = show("reset", connection);
  }
  PQfinish(connection);
  return good ? 0 : 1;
}

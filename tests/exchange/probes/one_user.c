/* one_user LIBRARY TOKENFILE CONNINFO: opens the library that says for whom, in a scope of its own,
 * and connects. Without a library ("-") nobody says anything. The token is the file's first line;
 * "" gives an empty one. */
#include <dlfcn.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char** argv) {
  char token[20000] = "";
  PGconn* connection;
  PGresult* result;
  if (argc != 4) return 2;
  if (strcmp(argv[1], "-") != 0) {
    int (*set)(const char*);
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
  if (PQstatus(connection) != CONNECTION_OK) {
    fprintf(stderr, "%s", PQerrorMessage(connection));
    PQfinish(connection);
    return 1;
  }
  result = PQexec(connection, "select current_user");
  printf("user=%s\n", PQgetvalue(result, 0, 0));
  PQclear(result);
  PQfinish(connection);
  return 0;
}

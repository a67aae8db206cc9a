/* hand_back CONNINFO COMMAND: connects, connects again with what PQpass says, runs COMMAND, resets
 * the second connection. Prints who it is before and after. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

#include "show.h"

int main(int argc, char** argv) {
  const char* keywords[] = {"dbname", "password", NULL};
  const char* values[] = {NULL, NULL, NULL};
  PGconn* first;
  PGconn* second;
  int good;
  if (argc != 3) return 2;
  first = PQconnectdb(argv[1]);
  if (!show("first", first)) return 1;
  values[0] = argv[1];
  values[1] = PQpass(first);
  second = PQconnectdbParams(keywords, values, 1);
  if (!show("second", second)) return 1;
  if (argv[2][0] != '\0' && system(argv[2]) != 0) return 2;
  PQreset(second);
  good = show("reset", second);
  PQfinish(second);
  PQfinish(first);
  return good ? 0 : 1;
}

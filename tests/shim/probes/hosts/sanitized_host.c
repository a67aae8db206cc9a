/* Built by tests/shim/test_hosts_runtimes.py with each sanitizer of each compiler:
   sanitized_host CONNINFO: four threads connect at once, a child after them, and then again. */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char* conninfo;
static int bad;

static int connect_once(void) {
  PGconn* connection = PQconnectdb(conninfo);
  int failed = PQstatus(connection) != CONNECTION_OK;
  if (failed) fputs(PQerrorMessage(connection), stderr);
  PQfinish(connection);
  return failed;
}

static void* connect_in_thread(void* unused) {
  (void)unused;
  if (connect_once()) __atomic_add_fetch(&bad, 1, __ATOMIC_SEQ_CST);
  return NULL;
}

int main(int argc, char** argv) {
  pthread_t threads[4];
  int status = 0;
  if (argc != 2) return 2;
  conninfo = argv[1];
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, connect_in_thread, NULL);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  pid_t child = fork();
  if (child == 0) _exit(connect_once());
  waitpid(child, &status, 0);
  bad += status != 0;
  bad += connect_once();
  printf("bad=%d\n", bad);
  return bad != 0;
}

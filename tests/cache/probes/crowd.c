// Starts many processes at one moment and waits for them all:
//   crowd COUNT MODULUS PROGRAM ARGUMENT LIBRARY
// "@" in ARGUMENT becomes the process's number modulo MODULUS; LIBRARY is preloaded into each.
// Prints how many ended well, how long it took and the largest resident size of any of them.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void become(char** argv, int number, int start) {
  char argument[4096];
  char nothing;
  const char* at = strchr(argv[4], '@');
  if (at == NULL)
    snprintf(argument, sizeof argument, "%s", argv[4]);
  else
    snprintf(argument, sizeof argument, "%.*s%d%s", (int)(at - argv[4]), argv[4], number, at + 1);
  setenv("LD_PRELOAD", argv[5], 1);
  // Until the parent closes its end.
  if (read(start, &nothing, 1) == 0) execl(argv[3], argv[3], argument, (char*)NULL);
  _exit(127);
}

int main(int argc, char** argv) {
  int start[2];
  if (argc != 6 || pipe(start) != 0) return 2;
  const int count = atoi(argv[1]);
  const int modulus = atoi(argv[2]);
  for (int i = 0; i < count; ++i) {
    const pid_t pid = fork();
    if (pid < 0) return 2;
    if (pid == 0) {
      close(start[1]);
      become(argv, i % modulus, start[0]);
    }
  }
  const double begun = now();
  close(start[1]);
  int good = 0;
  long largest = 0;
  int status = 0;
  struct rusage usage;
  while (wait4(-1, &status, 0, &usage) > 0) {
    good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (usage.ru_maxrss > largest) largest = usage.ru_maxrss;
  }
  printf("good=%d\nseconds=%.2f\nmaxrss_kib=%ld\n", good, now() - begun, largest);
  return good == count ? 0 : 1;
}

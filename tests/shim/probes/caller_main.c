#include <stddef.h>

int run_calls(const char* plain, const char* lakebase);

int main(int argc, char** argv) {
  return argc == 3 ? run_calls(argv[1], argv[2]) : 2;
}

// Runs many queries on one connection while the code of libpglakebase.so cannot be run:
//   queries COUNT CONNINFO [call]
// Its executable pages lose every permission behind the login; whoever calls one of its functions
// then gets a signal, which is counted, and ends the ban. "call" calls a wrapped function once
// among the queries, to show that the trap works. Prints name=value lines.
#include <libpq-fe.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

struct Segment {
  void* start = nullptr;
  std::size_t size = 0;
};

Segment g_code;
volatile sig_atomic_t g_calls = 0;

int find_code(dl_phdr_info* info, std::size_t, void*) {
  if (std::strstr(info->dlpi_name, "libpglakebase.so") == nullptr) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& part = info->dlpi_phdr[i];
    if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const std::uintptr_t start = (info->dlpi_addr + part.p_vaddr) & ~(page - 1);
    const std::uintptr_t end = info->dlpi_addr + part.p_vaddr + part.p_memsz;
    g_code = {reinterpret_cast<void*>(start), (end - start + page - 1) & ~(page - 1)};
  }
  return 1;
}

void permit(int protection) {
  if (g_code.start != nullptr && ::mprotect(g_code.start, g_code.size, protection) != 0) ::_exit(3);
}

void on_fault(int, siginfo_t* info, void*) {
  const auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const auto start = reinterpret_cast<std::uintptr_t>(g_code.start);
  if (at < start || at >= start + g_code.size) ::_exit(4);
  g_calls = g_calls + 1;
  permit(PROT_READ | PROT_EXEC);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  PGconn* connection = PQconnectdb(argv[2]);
  if (PQstatus(connection) != CONNECTION_OK) {
    std::fputs(PQerrorMessage(connection), stderr);
    return 1;
  }
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGSEGV, &action, nullptr);
  ::dl_iterate_phdr(find_code, nullptr);
  // The linker reads its tables, which lie beside the code.
  permit(PROT_READ);
  const int count = std::atoi(argv[1]);
  int good = 0;
  for (int i = 0; i < count; ++i) {
    PGresult* result = PQexec(connection, "select 1");
    good += PQresultStatus(result) == PGRES_TUPLES_OK ? 1 : 0;
    PQclear(result);
    if (i == count / 2 && argc > 3) PQerrorMessage(connection);
  }
  permit(PROT_READ | PROT_EXEC);
  PQfinish(connection);
  std::printf("banned=%zu\nqueries=%d\ncalls=%d\n", g_code.size, good, static_cast<int>(g_calls));
  return 0;
}

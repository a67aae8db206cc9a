// A host with few descriptors, small stacks, little memory or a lot of everything:
//   limits_host SITUATION CONNINFO ...
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "../report.hpp"
#include "host.hpp"

namespace {

long number(int argc, char** argv, int i) {
  return argc > i ? std::atol(argv[i]) : 0;
}

int null_descriptor() {
  return ::open("/dev/null", O_RDWR | O_CLOEXEC);
}

// All but so many descriptors are in use; then they come back.
int few_descriptors(const char* conninfo, int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = 64;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<int> taken;
  for (int fd = null_descriptor(); fd >= 0; fd = null_descriptor()) taken.push_back(fd);
  for (long i = 0; i < number(argc, argv, 0); ++i) {
    ::close(taken.back());
    taken.pop_back();
  }
  const host::Connected connected = host::connect(conninfo);
  for (const int fd : taken) ::close(fd);
  host::report_connected("few", connected);
  host::report_connected("second", host::connect(conninfo));
  return 0;
}

int closed_stdio(const char* conninfo, int, char**) {
  const int kept = ::fcntl(1, F_DUPFD_CLOEXEC, 100);
  for (int fd = 0; fd < 3; ++fd) ::close(fd);
  const host::Connected connected = host::connect(conninfo);
  ::dup2(kept, 1);
  host::report_connected("first", connected);
  return 0;
}

// A program that closes everything it does not know between its connections.
int close_from(const char* conninfo, int, char**) {
  for (int i = 0; i < 3; ++i) {
    host::report_connected("connect" + std::to_string(i), host::connect(conninfo));
    ::closefrom(3);
  }
  return 0;
}

int many_descriptors(const char* conninfo, int argc, char** argv) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  long opened = 0;
  for (; opened < number(argc, argv, 0); ++opened)
    if (null_descriptor() < 0) break;
  report("opened", opened);
  host::report_connected("first", host::connect(conninfo));
  return 0;
}

// While a connect is under way, another thread waits for the end of a pipe.
int pipe_end(const char* conninfo, int argc, char** argv) {
  int ends[2];
  // Not closed on exec: as most programs leave them.
  if (::pipe(ends) != 0) return 1;
  long end_ms = -1;
  std::thread other([&] {
    ::usleep(static_cast<useconds_t>(number(argc, argv, 0) * 1000));
    const long started = host::now_ms();
    ::close(ends[1]);
    char byte = 0;
    if (::read(ends[0], &byte, 1) == 0) end_ms = host::now_ms() - started;
  });
  const host::Connected connected = host::connect(conninfo);
  const bool before_end = end_ms >= 0;
  other.join();
  host::report_connected("first", connected);
  report("end_ms", end_ms);
  report("end_during_connect", before_end ? 1 : 0);
  return 0;
}

constexpr unsigned char k_untouched = 0xa5;

struct SmallThread {
  const char* conninfo;
  host::Connected connected;
};

void* connect_in_thread(void* data) {
  auto* self = static_cast<SmallThread*>(data);
  self->connected = host::connect(self->conninfo);
  return nullptr;
}

// On a thread with that stack (and a guard page below); tells how much of it was touched.
int small_stack(const char* conninfo, int argc, char** argv) {
  const auto size = static_cast<std::size_t>(number(argc, argv, 0));
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory =
      ::mmap(nullptr, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return 1;
  ::mprotect(memory, page, PROT_NONE);
  unsigned char* low = static_cast<unsigned char*>(memory) + page;
  std::memset(low, k_untouched, size);
  SmallThread thread{conninfo, {}};
  pthread_attr_t attributes;
  ::pthread_attr_init(&attributes);
  ::pthread_attr_setstack(&attributes, low, size);
  pthread_t id;
  if (::pthread_create(&id, &attributes, connect_in_thread, &thread) != 0) return 1;
  ::pthread_join(id, nullptr);
  std::size_t untouched = 0;
  while (untouched < size && low[untouched] == k_untouched) ++untouched;
  host::report_connected("first", thread.connected);
  report("stack_used", static_cast<long>(size - untouched));
  return 0;
}

int many_threads(const char* conninfo, int argc, char** argv) {
  const auto count = static_cast<unsigned>(number(argc, argv, 0));
  pthread_barrier_t barrier;
  ::pthread_barrier_init(&barrier, nullptr, count);
  std::atomic<int> ok{0};
  std::vector<std::thread> threads;
  threads.reserve(count);
  for (unsigned i = 0; i < count; ++i)
    threads.emplace_back([&] {
      ::pthread_barrier_wait(&barrier);
      const host::Connected connected = host::connect(conninfo);
      ok += connected.ok ? 1 : 0;
      if (!connected.ok) report("error", connected.error);
    });
  for (std::thread& thread : threads) thread.join();
  report("ok", ok);
  return 0;
}

int little_address_space(const char* conninfo, int argc, char** argv) {
  const auto bytes = static_cast<rlim_t>(number(argc, argv, 0)) << 20;
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_AS, &limit);
  host::report_connected("first", host::connect(conninfo));
  return 0;
}

int much_memory(const char* conninfo, int argc, char** argv) {
  const auto bytes = static_cast<std::size_t>(number(argc, argv, 0)) << 20;
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (memory == MAP_FAILED) return 1;
  host::report_connected("first", host::connect(conninfo));
  return 0;
}

// Stays after its connection until it is killed.
int linger(const char* conninfo, int, char**) {
  host::report_connected("first", host::connect(conninfo));
  for (;;) ::pause();
}

}  // namespace

int main(int argc, char** argv) {
  return host::run(argc, argv,
                   {{"few", few_descriptors},
                    {"closed", closed_stdio},
                    {"closefrom", close_from},
                    {"many", many_descriptors},
                    {"pipe", pipe_end},
                    {"stack", small_stack},
                    {"threads", many_threads},
                    {"address-space", little_address_space},
                    {"memory", much_memory},
                    {"linger", linger}});
}

// A host that gives rights up before or between its connections:
//   confined_host SITUATION CONNINFO ...
#include <grp.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <vector>

#include "../report.hpp"
#include "host.hpp"

namespace {

constexpr unsigned k_refuse = SECCOMP_RET_ERRNO | EPERM;

std::vector<sock_filter> refusing(const std::string& what) {
  constexpr auto number = static_cast<unsigned>(offsetof(seccomp_data, nr));
  constexpr auto flags = static_cast<unsigned>(offsetof(seccomp_data, args));
  std::vector<sock_filter> filter;
  const auto add = [&](unsigned code, unsigned value, unsigned char yes, unsigned char no) {
    filter.push_back({static_cast<unsigned short>(code), yes, no, value});
  };
  add(BPF_LD | BPF_W | BPF_ABS, number, 0, 0);
  // As sandboxes do that look at flags: clone3's stand in memory, where a filter cannot look.
  add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
  add(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
  // As systemd's @system-service before 247, which does not know it.
  if (what == "killed") {
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_close_range, 0, 1);
    add(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS, 0, 0);
  }
  if (what == "memfd" || what == "both") {
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1);
    add(BPF_RET | BPF_K, k_refuse, 0, 0);
  }
  if (what == "clone" || what == "both") {
    // Memory shared without being a thread or a vfork.
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4);
    add(BPF_LD | BPF_W | BPF_ABS, flags, 0, 0);
    add(BPF_ALU | BPF_AND | BPF_K, CLONE_VM | CLONE_THREAD | CLONE_VFORK, 0, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, CLONE_VM, 0, 1);
    add(BPF_RET | BPF_K, k_refuse, 0, 0);
  }
  if (what == "processes") {
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 2, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_fork, 1, 0);
    add(BPF_JMP | BPF_JEQ | BPF_K, SYS_vfork, 0, 1);
    add(BPF_RET | BPF_K, k_refuse, 0, 0);
  }
  add(BPF_RET | BPF_K, SECCOMP_RET_ALLOW, 0, 0);
  return filter;
}

int filtered(const char* conninfo, int argc, char** argv) {
  std::vector<sock_filter> filter = refusing(argc > 0 ? argv[0] : "");
  sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) return 1;
  host::report_connected("first", host::connect(conninfo));
  host::report_connected("second", host::connect(conninfo));
  report("visible_child", host::visible_child() ? 1 : 0);
  report("zombies", host::zombies());
  return 0;
}

// Connects, then gives its directory tree and its identity up, as daemons do.
int dropped(const char* conninfo, int argc, char** argv) {
  if (argc < 2) return 2;
  const host::Connected first = host::connect(conninfo, true);
  host::report_connected("first", first);
  if (argv[0][0] != '\0' && (::chroot(argv[0]) != 0 || ::chdir("/") != 0)) return 1;
  const auto id = static_cast<uid_t>(std::atoi(argv[1]));
  if (::setgroups(0, nullptr) != 0 || ::setresgid(id, id, id) != 0 || ::setresuid(id, id, id) != 0)
    return 1;
  report("query", query(first.kept, "select current_user"));
  const long started = host::now_ms();
  PQreset(first.kept);
  report("reset_ms", host::now_ms() - started);
  report("reset_status", PQstatus(first.kept) == CONNECTION_OK ? "ok" : "bad");
  report("reset_error", PQerrorMessage(first.kept));
  PQfinish(first.kept);
  host::report_connected("second", host::connect(conninfo));
  return 0;
}

// Puts its rights aside, as daemons do that want them back later.
int aside(const char* conninfo, int argc, char** argv) {
  if (argc < 1) return 2;
  const auto id = static_cast<uid_t>(std::atoi(argv[0]));
  if (::setgroups(0, nullptr) != 0 || ::setegid(id) != 0 || ::seteuid(id) != 0 ||
      ::prctl(PR_SET_DUMPABLE, 1) != 0)
    return 1;
  host::report_connected("first", host::connect(conninfo));
  uid_t real = 0;
  uid_t effective = 0;
  uid_t saved = 0;
  if (::getresuid(&real, &effective, &saved) != 0) return 1;
  report("users",
         std::to_string(real) + " " + std::to_string(effective) + " " + std::to_string(saved));
  report("dumpable", ::prctl(PR_GET_DUMPABLE));
  report("again", ::seteuid(0) == 0 && ::setegid(0) == 0 ? 1 : 0);
  return 0;
}

// A library that holds the server's symbols makes no server; a program that exports them is one.
int plain(const char* conninfo, int, char**) {
  host::report_connected("first", host::connect(conninfo));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return host::run(
      argc, argv,
      {{"filtered", filtered}, {"dropped", dropped}, {"aside", aside}, {"plain", plain}});
}

#include "pglakebase/core/helper_process.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "child.hpp"
#include "env_guard.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

struct HelperRun {
  HelperEnd end;
  std::string reply;
};

HelperRun run(std::string_view document, std::int64_t wait_ms = 20'000) {
  Text reply;
  const HelperEnd end =
      run_helper(STUB_HELPER, document, wait_ms == 0 ? 0 : monotonic_ms() + wait_ms, reply);
  return {end, std::string(reply.view())};
}

// In a child, where an EXPECT would not be heard.
bool echoes() {
  const HelperRun done = run("echo hello\n");
  return done.end == HelperEnd::finished && done.reply == "echo hello\n";
}

bool appears(const std::string& file) {
  for (int i = 0; i < 1000 && ::access(file.c_str(), F_OK) != 0; ++i) sleep_ms(5);
  return ::access(file.c_str(), F_OK) == 0;
}

std::vector<std::string> children_of_this_process() {
  std::vector<std::string> children;
  DIR* tasks = ::opendir("/proc/self/task");
  while (const dirent* entry = ::readdir(tasks)) {
    std::ifstream file("/proc/self/task/" + std::string(entry->d_name) + "/children");
    for (std::string pid; file >> pid;) children.push_back(pid);
  }
  ::closedir(tasks);
  return children;
}

TEST(RunHelper, GivesTheDocumentAndTakesTheReply) {
  const std::string document("echo hello\n\0\xff more\n", 19);
  const HelperRun done = run(document);
  EXPECT_EQ(done.end, HelperEnd::finished);
  EXPECT_EQ(done.reply, document);
}

TEST(RunHelper, AppendsToTheReply) {
  Text reply("before:");
  EXPECT_EQ(run_helper(STUB_HELPER, "echo", monotonic_ms() + 20'000, reply), HelperEnd::finished);
  EXPECT_EQ(reply.view(), "before:echo");
}

class DocumentSize : public testing::TestWithParam<std::size_t> {};

TEST_P(DocumentSize, Fits) {
  const std::string document = "echo " + std::string(GetParam(), 'd') + "\n";
  const HelperRun done = run(document);
  EXPECT_EQ(done.end, HelperEnd::finished);
  EXPECT_EQ(done.reply.size(), std::min<std::size_t>(document.size(), 64 * 1024));
  EXPECT_EQ(done.reply, document.substr(0, 64 * 1024));
}

INSTANTIATE_TEST_SUITE_P(RunHelper, DocumentSize,
                         testing::Values(0, 1, 4095, 4096, 8 * 1024, 32 * 1024, 64 * 1024,
                                         200 * 1024));

TEST(RunHelper, AHugeReplyIsCut) {
  const HelperRun done = run("big 3000000\n");
  EXPECT_EQ(done.end, HelperEnd::finished);
  EXPECT_EQ(done.reply.size(), 64U * 1024);
}

TEST(RunHelper, AnEndWithoutReplyIsAnEnd) {
  EXPECT_EQ(run("exit 0\n").end, HelperEnd::finished);
  const HelperRun failed = run("exit 3\n");
  EXPECT_EQ(failed.end, HelperEnd::finished);
  EXPECT_EQ(failed.reply, "");
}

TEST(RunHelper, WhatCannotBeStartedIsSaidAtOnce) {
  const test::TempDir dir;
  const std::string plain = dir.write("plain", "no program");
  for (const std::string& path : {dir / "absent", plain, dir.path()}) {
    Text reply;
    const std::int64_t started = monotonic_ms();
    EXPECT_EQ(run_helper(path.c_str(), "x", started + 20'000, reply), HelperEnd::not_started)
        << path;
    EXPECT_LT(monotonic_ms() - started, 5000);
    EXPECT_TRUE(reply.empty());
  }
}

TEST(RunHelper, TheDeadlineHolds) {
  const test::TempDir dir;
  const std::int64_t started = monotonic_ms();
  const HelperRun done = run("sleep 1500\n", 100);
  EXPECT_EQ(done.end, HelperEnd::running);
  EXPECT_EQ(done.reply, "");
  EXPECT_GE(monotonic_ms() - started, 100);
  EXPECT_LT(monotonic_ms() - started, 1200);
}

TEST(RunHelper, InTheBackgroundItIsNotWaitedForAndReapedLater) {
  const test::TempDir dir;
  const std::string file = dir / "touched";
  const std::int64_t started = monotonic_ms();
  EXPECT_EQ(run("touch " + file + "\n", 0).end, HelperEnd::running);
  EXPECT_LT(monotonic_ms() - started, 90);
  EXPECT_TRUE(appears(file));
  // Runs of other tests may still be on their way; every new run collects what has ended.
  std::size_t left = 99;
  for (int i = 0; i < 100 && left > 0; ++i) {
    sleep_ms(30);
    EXPECT_TRUE(echoes());
    left = children_of_this_process().size();
  }
  EXPECT_EQ(left, 0U);
}

TEST(RunHelper, HasThreeDescriptorsOnly) {
  const test::TempDir dir;
  std::vector<UniqueFd> open;
  for (int i = 0; i < 50; ++i) open.emplace_back(::open("/dev/null", O_RDONLY));
  open.emplace_back(::fcntl(open.front().get(), F_DUPFD, 900));
  EXPECT_EQ(run("fds\n").reply, "0\n1\n2\n");
}

TEST(RunHelper, LeavesNoDescriptorBehind) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  const auto before = count();
  EXPECT_TRUE(echoes());
  EXPECT_EQ(run("exit 0\n", 0).end, HelperEnd::running);
  EXPECT_EQ(count(), before);
}

TEST(RunHelper, HasAnEnvironmentOfItsOwn) {
  test::CleanEnvironment environment;
  environment.set("HOME", "/home/x");
  environment.set("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus");
  environment.set("REQUESTS_CA_BUNDLE", "/etc/roots.pem");
  for (const char* name : {"LD_PRELOAD_X", "LD_LIBRARY_PATH", "LD_AUDIT", "PGPASSWORD",
                           "DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "ARM_CLIENT_SECRET",
                           "MALLOC_TRACE", "PYTHONPATH", "SSLKEYLOGFILE", "GCONV_PATH"})
    environment.set(name, "pl4nted");
  const std::string all = run("env\n").reply;
  EXPECT_NE(all.find("HOME=/home/x\n"), std::string::npos);
  EXPECT_NE(all.find("PATH="), std::string::npos);
  EXPECT_NE(all.find("DBUS_SESSION_BUS_ADDRESS=unix:path=/run/bus\n"), std::string::npos);
  EXPECT_NE(all.find("REQUESTS_CA_BUNDLE=/etc/roots.pem\n"), std::string::npos);
  EXPECT_NE(all.find("PGLAKEBASE=off\n"), std::string::npos);
  EXPECT_EQ(all.find("pl4nted"), std::string::npos) << all;
  EXPECT_EQ(all.find("LD_"), std::string::npos) << all;
}

TEST(RunHelper, HasDefaultSignalsAndASessionOfItsOwn) {
  const int code = test::in_child([] {
    for (int signal = 1; signal < 32; ++signal)
      if (signal != SIGALRM) ::signal(signal, SIG_IGN);
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    if (run("signals\n").reply != "checked\n") return 1;
    return run("ids\n").reply == "own session\n" ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
}

TEST(RunHelper, SaysNothingOnTheHostsTerminal) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_NONBLOCK), 0);
  const UniqueFd in(ends[0]);
  const UniqueFd out(ends[1]);
  EXPECT_EQ(test::in_child([&] {
              ::dup2(out.get(), STDERR_FILENO);
              ::dup2(out.get(), STDOUT_FILENO);
              return run("stderr\n").end == HelperEnd::finished ? 0 : 1;
            }),
            0);
  char byte = 0;
  EXPECT_EQ(::read(in.get(), &byte, 1), -1);
}

// Each in a process of its own, since they change what belongs to the whole process.

std::atomic<int> g_child_signals{0};

TEST(RunHelper, TheHostSeesNoChild) {
  const int code = test::in_child([] {
    struct sigaction action {};
    action.sa_handler = [](int) { ++g_child_signals; };
    ::sigaction(SIGCHLD, &action, nullptr);
    std::atomic<bool> stop{false};
    std::atomic<int> stolen{0};
    std::thread reaper([&] {
      while (!stop) {
        if (::waitpid(-1, nullptr, 0) > 0 || errno != ECHILD) ++stolen;
      }
    });
    bool good = true;
    for (int i = 0; i < 30; ++i) good = echoes() && good;
    for (int i = 0; i < 5; ++i) good = run("exit 0\n", 0).end == HelperEnd::running && good;
    sleep_ms(200);
    good = echoes() && good;
    stop = true;
    reaper.join();
    if (!good) return 1;
    if (g_child_signals != 0) return 2;
    return stolen == 0 ? 0 : 3;
  });
  EXPECT_EQ(code, 0);
}

TEST(RunHelper, IgnoredChildSignalsMakeNoDifference) {
  EXPECT_EQ(test::in_child([] {
              ::signal(SIGCHLD, SIG_IGN);
              return echoes() ? 0 : 1;
            }),
            0);
}

TEST(RunHelper, OtherChildrenOfTheHostStayItsOwn) {
  EXPECT_EQ(test::in_child([] {
              const pid_t own = test::start_child([] { return 42; });
              sleep_ms(30);
              if (!echoes()) return 1;
              return test::wait_for(own) == 42 ? 0 : 2;
            }),
            0);
}

std::atomic<int> g_alarms{0};

TEST(RunHelper, SignalsRunTheirHandlersAndTheWaitGoesOn) {
  const int code = test::in_child([] {
    struct sigaction action {};
    action.sa_handler = [](int) { ++g_alarms; };
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval every{{0, 10'000}, {0, 10'000}};
    ::setitimer(ITIMER_REAL, &every, nullptr);
    const HelperRun done = run("sleep 300\n");
    if (done.end != HelperEnd::finished || done.reply != "slept\n") return 1;
    return g_alarms >= 5 ? 0 : 2;
  });
  EXPECT_EQ(code, 0);
}

TEST(RunHelper, ASignalThatEndsTheHostEndsItAtOnce) {
  const std::int64_t started = monotonic_ms();
  const pid_t host = test::start_child([] {
    run("sleep 10000\n");
    return 0;
  });
  sleep_ms(100);
  ::kill(host, SIGTERM);
  EXPECT_EQ(test::wait_for(host), 1000 + SIGTERM);
  EXPECT_LT(monotonic_ms() - started, 5000);
}

TEST(RunHelper, TheSignalMaskIsAsBefore) {
  sigset_t before;
  sigset_t after;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  EXPECT_TRUE(echoes());
  ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal < 65; ++signal)
    EXPECT_EQ(::sigismember(&before, signal), ::sigismember(&after, signal)) << signal;
}

TEST(RunHelper, WorksWithClosedStandardStreams) {
  EXPECT_EQ(test::in_child([] {
              ::close(0);
              ::close(1);
              ::close(2);
              if (!echoes()) return 1;
              return ::fcntl(0, F_GETFD) == -1 && ::fcntl(1, F_GETFD) == -1 ? 0 : 2;
            }),
            0);
}

TEST(RunHelper, WorksWithoutAFreeDescriptor) {
  EXPECT_EQ(test::in_child([] {
              const rlimit limit{20, 20};
              if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) return 9;
              while (::open("/dev/null", O_RDONLY) >= 0) {
              }
              return echoes() ? 0 : 1;
            }),
            0);
}

// For a child: 0 if a run fails to start with `wanted` in errno.
int fails_with(int wanted, decltype(RLIMIT_NOFILE) resource, rlim_t most) {
  const rlimit limit{most, most};
  if (::setrlimit(resource, &limit) != 0) return 9;
  if (run("echo hello\n").end != HelperEnd::not_started) return 1;
  return errno == wanted ? 0 : 2;
}

TEST(RunHelper, TheCauseOfAFailedStartIsKept) {
  EXPECT_EQ(test::in_child([] { return fails_with(EFBIG, RLIMIT_FSIZE, 0); }), 0);
  EXPECT_EQ(test::in_child([] { return fails_with(EMFILE, RLIMIT_NOFILE, 1); }), 0);
}

TEST(RunHelper, WorksOnASmallStack) {
  pthread_attr_t attributes;
  ASSERT_EQ(::pthread_attr_init(&attributes), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&attributes, 64 * 1024), 0);
  pthread_t thread;
  bool good = false;
  ASSERT_EQ(::pthread_create(
                &thread, &attributes,
                [](void* result) -> void* {
                  *static_cast<bool*>(result) = echoes();
                  return nullptr;
                },
                &good),
            0);
  ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
  EXPECT_TRUE(good);
}

TEST(RunHelper, ManyThreadsAtOnce) {
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 5; ++n) good += echoes() ? 1 : 0;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
}

TEST(RunHelper, OtherThreadsRunOn) {
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> longest{0};
  std::thread other([&] {
    std::int64_t last = monotonic_ms();
    while (!stop) {
      sleep_ms(1);
      const std::int64_t now = monotonic_ms();
      if (now - last > longest) longest = now - last;
      last = now;
    }
  });
  EXPECT_EQ(run("sleep 600\n").reply, "slept\n");
  stop = true;
  other.join();
  EXPECT_LT(longest, 400);
}

TEST(RunHelper, AForkedChildMayRunItToo) {
  // With one in the background, whose supervisor is the parent's.
  EXPECT_EQ(run("sleep 300\n", 0).end, HelperEnd::running);
  EXPECT_EQ(test::in_child([] { return echoes() && echoes() ? 0 : 1; }), 0);
  EXPECT_TRUE(echoes());
}

TEST(RunHelper, AHostThatEndsLeavesItRunning) {
  const test::TempDir dir;
  const std::string file = dir / "touched";
  EXPECT_EQ(test::in_child(
                [&] { return run("touch " + file + "\n", 0).end == HelperEnd::running ? 0 : 1; }),
            0);
  EXPECT_TRUE(appears(file));
}

// As a strict container's filter does: processes that share memory are refused.
bool refuse_shared_memory_clone() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      // CLONE_VM without CLONE_VFORK and without CLONE_THREAD
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x00014100),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x00000100, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
  };
  const sock_fprog program{sizeof code / sizeof code[0], code};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST(RunHelper, WhereCloneIsRefusedAnOrdinaryChildDoes) {
  const int code = test::in_child([] {
    if (!refuse_shared_memory_clone()) return 9;
    if (!echoes()) return 1;
    const std::int64_t started = monotonic_ms();
    if (run("sleep 5000\n", 200).end != HelperEnd::running) return 2;
    if (monotonic_ms() - started > 3000) return 3;
    if (::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD) return 4;
    if (run("exit 0\n", 0).end != HelperEnd::not_started) return 5;
    const HelperRun absent = [] {
      Text reply;
      return HelperRun{run_helper("/no/such/program", "x", monotonic_ms() + 1000, reply), {}};
    }();
    if (absent.end != HelperEnd::not_started) return 6;
    ::signal(SIGCHLD, SIG_IGN);
    return echoes() ? 0 : 7;
  });
  EXPECT_EQ(code, 0);
}

TEST(RunHelper, AsInitOfAContainerNothingIsLeft) {
  // A subreaper gets every orphan, like the first process of a container.
  const int code = test::in_child([] {
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return 9;
    for (int i = 0; i < 10; ++i)
      if (!echoes()) return 1;
    if (run("exit 0\n", 0).end != HelperEnd::running) return 2;
    sleep_ms(100);
    return ::waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD ? 0 : 3;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/auth/command.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>

#include "env_guard.hpp"
#include "pglakebase/core/clock.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

using End = CommandResult::End;

constexpr std::int64_t k_patience_ms = 20'000;

CommandResult shell(const std::string& script, std::int64_t limit_ms = k_patience_ms) {
  return Command({"/bin/sh", "-c", script}).run(limit_ms);
}

bool alive(const std::string& pid) {
  return ::kill(static_cast<pid_t>(std::stol(pid)), 0) == 0;
}

TEST(Command, TellsOutputErrorAndStatus) {
  const CommandResult result = shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.status, 3);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.out, "out\n");
  EXPECT_EQ(result.error, "err\n");
  EXPECT_EQ(result.how(), "ended with status 3");
  EXPECT_TRUE(shell("exit 0").ok());
}

TEST(Command, NoShellSeesTheArguments) {
  EXPECT_EQ(Command({"/bin/echo", "$HOME", "*", "a;b"}).run(k_patience_ms).out, "$HOME * a;b\n");
}

TEST(Command, HasNoInputAndASimpleEnvironment) {
  test::CleanEnvironment environment;
  environment.set("HOME", "/h");
  environment.set("HTTPS_PROXY", "http://p");
  environment.set("LD_PRELOAD", "");
  environment.set("DATABRICKS_CLIENT_SECRET", "hidden");
  const CommandResult result =
      Command({"/bin/sh", "-c", "cat; pwd; env"}).variable("AZURE_CONFIG_DIR", "/a").run(20'000);
  EXPECT_EQ(result.out.substr(0, 2), "/\n");
  for (const char* line : {"\nHOME=/h\n", "\nHTTPS_PROXY=http://p\n", "\nAZURE_CONFIG_DIR=/a\n"})
    EXPECT_NE(result.out.find(line), std::string::npos) << line;
  EXPECT_EQ(result.out.find("hidden"), std::string::npos);
  EXPECT_EQ(result.out.find("LD_PRELOAD"), std::string::npos);
}

TEST(Command, ATimeLimitEndsTheWholeGroup) {
  test::TempDir dir;
  const std::string file = dir.path() + "/pid";
  const std::int64_t begun_ms = monotonic_ms();
  const CommandResult result =
      shell("sleep 300 & echo $! > " + file + "; echo early; wait", /*limit_ms=*/500);
  EXPECT_EQ(result.end, End::timed_out);
  EXPECT_EQ(result.out, "early\n");
  EXPECT_LT(monotonic_ms() - begun_ms, 10'000);
  EXPECT_EQ(shell("while kill -0 $(cat " + file + ") 2>&-; do sleep 0.01; done").status, 0);
}

TEST(Command, WhatIsLeftBehindDoesNotHoldUsUp) {
  const std::int64_t begun_ms = monotonic_ms();
  const CommandResult result = shell("sleep 300 & echo $!");
  EXPECT_TRUE(result.ok());
  EXPECT_LT(monotonic_ms() - begun_ms, 10'000);
  for (int i = 0; i < 500 && alive(result.out); ++i) shell("sleep 0.01");
  EXPECT_FALSE(alive(result.out));
}

TEST(Command, TooMuchOutputEndsIt) {
  EXPECT_EQ(shell("yes").end, End::too_much);
  const CommandResult result = shell("yes 2>&- | head -c 300000 >&2; echo done");
  EXPECT_EQ(result.out, "done\n");
  EXPECT_EQ(result.error.size(), Command::k_error_limit);
}

TEST(Command, SignalsAreTold) {
  const CommandResult result = shell("kill -9 $$");
  EXPECT_EQ(result.end, End::killed);
  EXPECT_EQ(result.how(), "was ended by signal 9");
}

TEST(Command, WhatCannotBeStartedIsTold) {
  try {
    Command({"/nonexistent/databricks"}).run(k_patience_ms);
    FAIL();
  } catch (const CommandError& error) {
    EXPECT_EQ(std::string(error.what()),
              "/nonexistent/databricks cannot be started (No such file or directory)");
  }
}

TEST(FindProgram, LooksInAbsoluteDirectoriesOfPath) {
  test::CleanEnvironment environment;
  test::TempDir dir;
  dir.write("tool", "#!/bin/sh\n");
  environment.set("PATH", ":.:bin:/nonexistent:" + dir.path());
  EXPECT_EQ(find_program("tool"), "");
  ::chmod((dir.path() + "/tool").c_str(), 0700);
  EXPECT_EQ(find_program("tool"), dir.path() + "/tool");
  EXPECT_EQ(find_program(dir.path() + "/tool"), dir.path() + "/tool");
  EXPECT_EQ(find_program("./tool"), "");
  EXPECT_EQ(find_program(""), "");
}

}  // namespace
}  // namespace pglakebase

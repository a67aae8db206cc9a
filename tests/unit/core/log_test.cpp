#include "pglakebase/core/log.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "env_guard.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

TEST(Log, IsSilentWithoutTheVariable) {
  test::CleanEnvironment environment_guard;
  const test::TempDir dir;
  log_line("nothing");
  environment_guard.set("PGLAKEBASE_LOG", "relative");
  log_line("nothing");
  EXPECT_NE(::access("relative", F_OK), 0);
}

TEST(Log, OneLineAnEventInAPrivateFile) {
  test::CleanEnvironment environment_guard;
  const test::TempDir dir;
  const std::string file = dir / "log";
  environment_guard.set("PGLAKEBASE_LOG", file);
  errno = EDOM;
  log_line("first\nforged", "host=a\nforged=1");
  EXPECT_EQ(errno, EDOM);
  log_line("second");
  const std::string content = test::read_file(file);
  EXPECT_EQ(std::count(content.begin(), content.end(), '\n'), 2) << content;
  EXPECT_NE(content.find("event=first%0aforged about=host=a%0aforged=1\n"), std::string::npos)
      << content;
  EXPECT_NE(content.find(" pid=" + std::to_string(::getpid()) + " event=second\n"),
            std::string::npos)
      << content;
  struct stat st {};
  ASSERT_EQ(::stat(file.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777U, 0600U);
}

TEST(Log, WritesToNoLinkAndNeverBlocks) {
  test::CleanEnvironment environment_guard;
  const test::TempDir dir;
  const std::string target = dir.write("target", "");
  ASSERT_EQ(::symlink(target.c_str(), (dir / "link").c_str()), 0);
  environment_guard.set("PGLAKEBASE_LOG", dir / "link");
  log_line("x");
  EXPECT_EQ(test::read_file(target), "");
  ASSERT_EQ(::mkfifo((dir / "fifo").c_str(), 0600), 0);
  environment_guard.set("PGLAKEBASE_LOG", dir / "fifo");
  log_line("x");
}

}  // namespace
}  // namespace pglakebase

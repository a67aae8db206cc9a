#include "pglakebase/core/file_lock.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "child.hpp"
#include "pglakebase/core/clock.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

class FileLockTest : public testing::Test {
 protected:
  FileLockTest() : cache_(Cache::open_at(dir_ / "cache")), name_(cache_.name("entry")) {}

  std::string lock_file() {
    return dir_ / ("cache/lock-i" + std::string(name_.view().substr(0, 3)));
  }

  test::TempDir dir_;
  Cache cache_;
  EntryName name_;
};

TEST_F(FileLockTest, KeepsOthersOutUntilItsEnd) {
  const pid_t holder = test::start_child([&] {
    const FileLock lock = FileLock::acquire(cache_, name_, monotonic_ms());
    std::ofstream(dir_ / "held") << lock.held();
    sleep_ms(300);
    return lock.held() ? 0 : 1;
  });
  while (::access((dir_ / "held").c_str(), F_OK) != 0) sleep_ms(1);
  EXPECT_FALSE(FileLock::acquire(cache_, name_, monotonic_ms() + 30).held());
  const std::int64_t started = monotonic_ms();
  EXPECT_TRUE(FileLock::acquire(cache_, name_, monotonic_ms() + 20'000).held());
  EXPECT_GT(monotonic_ms() - started, 50);
  EXPECT_LT(monotonic_ms() - started, 15'000);
  EXPECT_EQ(test::wait_for(holder), 0);
}

TEST_F(FileLockTest, GivesUpAtTheDeadline) {
  const FileLock lock = FileLock::acquire(cache_, name_, monotonic_ms());
  const std::int64_t started = monotonic_ms();
  // Another open file description, so another lock, in this process too.
  EXPECT_FALSE(FileLock::acquire(cache_, name_, started + 120).held());
  const std::int64_t waited = monotonic_ms() - started;
  EXPECT_GE(waited, 120);
  EXPECT_LT(waited, 5000);
}

TEST_F(FileLockTest, OtherNamesAreOtherLocks) {
  const FileLock one = FileLock::acquire(cache_, name_, monotonic_ms());
  const FileLock two = FileLock::acquire(cache_, cache_.name("other"), monotonic_ms());
  EXPECT_TRUE(one.held());
  EXPECT_TRUE(two.held());
}

TEST_F(FileLockTest, LevelsAreOtherLocks) {
  const FileLock one = FileLock::acquire(cache_, name_, monotonic_ms(), LockLevel::identity);
  const FileLock two = FileLock::acquire(cache_, name_, monotonic_ms(), LockLevel::workspace);
  const FileLock three = FileLock::acquire(cache_, name_, monotonic_ms(), LockLevel::server);
  EXPECT_TRUE(one.held() && two.held() && three.held());
}

TEST_F(FileLockTest, AnyNumberOfNamesHasBoundedFiles) {
  for (int i = 0; i < 20'000; ++i)
    FileLock::acquire(cache_, cache_.name(std::to_string(i)), monotonic_ms());
  const std::filesystem::directory_iterator files(dir_ / "cache");
  EXPECT_LE(std::distance(begin(files), end(files)), 4096 + 1);
}

TEST_F(FileLockTest, DiesWithItsHolder) {
  const pid_t holder = test::start_child([&] {
    const FileLock lock = FileLock::acquire(cache_, name_, monotonic_ms());
    ::pause();
    return 0;
  });
  sleep_ms(100);
  EXPECT_FALSE(FileLock::acquire(cache_, name_, monotonic_ms()).held());
  ::kill(holder, SIGKILL);
  test::wait_for(holder);
  EXPECT_TRUE(FileLock::acquire(cache_, name_, monotonic_ms() + 1000).held());
}

TEST_F(FileLockTest, TheFileStaysAndIsPrivate) {
  { const FileLock lock = FileLock::acquire(cache_, name_, monotonic_ms()); }
  struct stat st {};
  const std::string file = lock_file();
  ASSERT_EQ(::stat(file.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777U, 0600U);
}

TEST_F(FileLockTest, WorkGoesOnWithoutACacheOrFile) {
  EXPECT_TRUE(FileLock::acquire(Cache::open_at(""), name_, monotonic_ms()).held());
  const std::string file = lock_file();
  ASSERT_EQ(::mkdir(file.c_str(), 0700), 0);
  EXPECT_TRUE(FileLock::acquire(cache_, name_, monotonic_ms()).held());
}

TEST_F(FileLockTest, IsNotInheritedByPrograms) {
  const FileLock lock = FileLock::acquire(cache_, name_, monotonic_ms());
  const std::string link = lock_file();
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (std::filesystem::read_symlink(entry.path(), error) != link) continue;
    const int fd = std::stoi(entry.path().filename());
    EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  }
}

}  // namespace
}  // namespace pglakebase

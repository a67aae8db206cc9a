#include "pglakebase/core/cache.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "broken_malloc.hpp"
#include "child.hpp"
#include "env_guard.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/record.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

class CacheTest : public testing::Test {
 protected:
  CacheTest() : cache_(Cache::open_at(dir_ / "cache")), name_(cache_.name("entry")) {}

  std::string file(std::string_view kind) const {
    return dir_ / "cache/" + std::string(kind) + "-" + std::string(name_.view());
  }
  std::string read(std::string_view kind) const {
    Text out;
    return cache_.read(kind, name_, out) ? std::string(out.view()) : "(none)";
  }
  std::size_t files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(dir_ / "cache"))
      ++count;
    return count;
  }

  test::TempDir dir_;
  Cache cache_;
  EntryName name_;
};

mode_t mode(const std::string& path) {
  struct stat st {};
  return ::lstat(path.c_str(), &st) == 0 ? st.st_mode & 07777U : 0;
}

TEST_F(CacheTest, KeepsReplacesAndRemoves) {
  ASSERT_TRUE(cache_.valid());
  EXPECT_EQ(cache_.path(), dir_ / "cache");
  EXPECT_EQ(read("x"), "(none)");
  ASSERT_TRUE(cache_.write("x", name_, "one"));
  EXPECT_EQ(read("x"), "one");
  EXPECT_EQ(read("y"), "(none)");
  ASSERT_TRUE(cache_.write("x", name_, "two"));
  EXPECT_EQ(read("x"), "two");
  cache_.remove("x", name_);
  EXPECT_EQ(read("x"), "(none)");
  EXPECT_EQ(files(), 1U);  // the key
}

TEST_F(CacheTest, EverythingIsPrivateWhateverTheUmask) {
  const mode_t before = ::umask(0777);
  ASSERT_TRUE(cache_.write("x", name_, "one"));
  const Cache other = Cache::open_at(dir_ / "other");
  ::umask(0);
  ASSERT_TRUE(cache_.write("y", name_, "one"));
  ::umask(before);
  EXPECT_TRUE(other.valid());
  EXPECT_EQ(mode(dir_ / "cache"), 0700U);
  EXPECT_EQ(mode(dir_ / "cache/key"), 0600U);
  EXPECT_EQ(mode(file("x")), 0600U);
  EXPECT_EQ(mode(file("y")), 0600U);
}

TEST_F(CacheTest, CreateGivesWayToWhatIsThere) {
  EXPECT_TRUE(cache_.create("x", name_, "first"));
  EXPECT_FALSE(cache_.create("x", name_, "second"));
  EXPECT_EQ(errno, EEXIST);
  EXPECT_EQ(read("x"), "first");
  EXPECT_EQ(files(), 2U);
}

TEST_F(CacheTest, NamesAreKeyed) {
  const Cache other = Cache::open_at(dir_ / "other");
  const Cache again = Cache::open_at(dir_ / "cache");
  EXPECT_NE(cache_.name("a").view(), cache_.name("b").view());
  EXPECT_NE(cache_.name("a").view(), other.name("a").view());
  EXPECT_EQ(cache_.name("a").view(), again.name("a").view());
  EXPECT_EQ(cache_.name("a").view().find_first_not_of("0123456789abcdef"), std::string_view::npos);
}

TEST_F(CacheTest, AReadableFileIsNotTrusted) {
  ASSERT_TRUE(cache_.write("x", name_, "one"));
  for (const mode_t open : {0644U, 0640U, 0620U, 0601U}) {
    ASSERT_EQ(::chmod(file("x").c_str(), open), 0);
    EXPECT_EQ(read("x"), "(none)") << open;
  }
  ASSERT_TRUE(cache_.write("x", name_, "two"));
  EXPECT_EQ(read("x"), "two");
}

TEST_F(CacheTest, LinksAreNotFollowed) {
  const std::string target = dir_.write("target", "planted");
  ASSERT_EQ(::symlink(target.c_str(), file("x").c_str()), 0);
  EXPECT_EQ(read("x"), "(none)");
  ASSERT_TRUE(cache_.write("x", name_, "ours"));
  EXPECT_EQ(read("x"), "ours");
  EXPECT_EQ(test::read_file(target), "planted");

  ASSERT_EQ(::link(target.c_str(), file("y").c_str()), 0);
  EXPECT_EQ(read("y"), "(none)");
  ASSERT_TRUE(cache_.write("y", name_, "ours"));
  EXPECT_EQ(read("y"), "ours");
  EXPECT_EQ(test::read_file(target), "planted");
}

TEST_F(CacheTest, DirectoriesAndFifosAreNoEntriesAndGiveWay) {
  ASSERT_EQ(::mkdir(file("x").c_str(), 0700), 0);
  EXPECT_EQ(read("x"), "(none)");
  ASSERT_TRUE(cache_.write("x", name_, "ours"));
  EXPECT_EQ(read("x"), "ours");

  ASSERT_EQ(::mkfifo(file("y").c_str(), 0600), 0);
  EXPECT_EQ(read("y"), "(none)");
  ASSERT_TRUE(cache_.write("y", name_, "ours"));
  EXPECT_EQ(read("y"), "ours");
}

TEST_F(CacheTest, SomebodyElsesFileIsNotTrusted) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(cache_.write("x", name_, "one"));
  ASSERT_EQ(::chown(file("x").c_str(), test::k_nobody, test::k_nobody), 0);
  EXPECT_EQ(read("x"), "(none)");
}

TEST_F(CacheTest, SomebodyElsesDirectoryIsNotUsed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown((dir_ / "cache").c_str(), test::k_nobody, test::k_nobody), 0);
  EXPECT_FALSE(Cache::open_at(dir_ / "cache").valid());
}

TEST_F(CacheTest, AnOpenDirectoryIsClosed) {
  ASSERT_EQ(::chmod((dir_ / "cache").c_str(), 0777), 0);
  const Cache reopened = Cache::open_at(dir_ / "cache");
  EXPECT_TRUE(reopened.valid());
  EXPECT_EQ(mode(dir_ / "cache"), 0700U);
  // Somebody may have given our files other names meanwhile.
  EXPECT_NE(reopened.key(), cache_.key());
}

TEST_F(CacheTest, ADirectoryThatOthersCouldOnlyReadKeepsItsKey) {
  ASSERT_EQ(::chmod((dir_ / "cache").c_str(), 0755), 0);
  EXPECT_EQ(Cache::open_at(dir_ / "cache").key(), cache_.key());
  EXPECT_EQ(mode(dir_ / "cache"), 0700U);
}

TEST_F(CacheTest, AnOpenDirectoryOfOtherThingsIsLeftAsItIs) {
  for (const char* content : {"/something.txt", "/x"}) {
    const std::string other = dir_ / "other";
    std::filesystem::remove_all(other);
    std::filesystem::create_directory(other);
    std::filesystem::create_directory(other + content);
    for (const mode_t open : {0755U, 01777U}) {
      ASSERT_EQ(::chmod(other.c_str(), open), 0);
      EXPECT_FALSE(Cache::open_at(other).valid());
      EXPECT_EQ(mode(other), open);
    }
  }
}

TEST_F(CacheTest, AnOpenDirectoryWithNothingInItIsTaken) {
  ASSERT_EQ(::mkdir((dir_ / "empty").c_str(), 0755), 0);
  EXPECT_TRUE(Cache::open_at(dir_ / "empty").valid());
  EXPECT_EQ(mode(dir_ / "empty"), 0700U);
}

TEST_F(CacheTest, WhatIsNoDirectoryIsNotUsed) {
  const std::string plain = dir_.write("plain", "");
  EXPECT_FALSE(Cache::open_at(plain).valid());
  ASSERT_EQ(::symlink((dir_ / "cache").c_str(), (dir_ / "link").c_str()), 0);
  EXPECT_FALSE(Cache::open_at(dir_ / "link").valid());
  EXPECT_FALSE(Cache::open_at(dir_ / "no/such/parent").valid());
  EXPECT_FALSE(Cache::open_at("relative").valid());
  EXPECT_FALSE(Cache::open_at("").valid());
  EXPECT_FALSE(Cache::open_at("/proc/self").valid());
}

TEST_F(CacheTest, WithoutACacheNothingIsKeptAndNothingBreaks) {
  const Cache none = Cache::open_at("");
  Text out;
  EXPECT_EQ(none.path(), "");
  EXPECT_FALSE(none.read("x", name_, out));
  EXPECT_FALSE(none.write("x", name_, "one"));
  EXPECT_FALSE(none.create("x", name_, "one"));
  none.remove("x", name_);
  EXPECT_EQ(none.name("a").view(), Cache().name("a").view());
}

TEST_F(CacheTest, TooLargeIsNeitherWrittenNorRead) {
  const std::string most(k_record_limit, 'x');
  EXPECT_TRUE(cache_.write("x", name_, most));
  EXPECT_EQ(read("x"), most);
  EXPECT_FALSE(cache_.write("y", name_, most + "x"));
  dir_.write("cache/y-" + std::string(name_.view()), most + "x");
  EXPECT_EQ(read("y"), "(none)");
  EXPECT_EQ(files(), 3U);
}

TEST_F(CacheTest, AFullDiskKeepsTheOldEntry) {
  ASSERT_TRUE(cache_.write("x", name_, "old"));
  EXPECT_EQ(test::in_child([&] {
              ::signal(SIGXFSZ, SIG_IGN);
              const rlimit small{100, 100};
              if (::setrlimit(RLIMIT_FSIZE, &small) != 0) return 9;
              return cache_.write("x", name_, std::string(5000, 'n')) ? 1 : 0;
            }),
            0);
  EXPECT_EQ(read("x"), "old");
  EXPECT_EQ(files(), 2U);
}

TEST_F(CacheTest, AReadOnlyDirectoryStillReads) {
  ASSERT_TRUE(cache_.write("x", name_, "old"));
  const std::string path = dir_ / "cache";
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(path.c_str(), test::k_nobody, test::k_nobody), 0);
    ASSERT_EQ(::chown((path + "/key").c_str(), test::k_nobody, test::k_nobody), 0);
    ASSERT_EQ(::chown(file("x").c_str(), test::k_nobody, test::k_nobody), 0);
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0755), 0);
  }
  ASSERT_EQ(::chmod(path.c_str(), 0500), 0);
  const int code = test::in_child([&] {
    if (::geteuid() == 0 && ::setuid(test::k_nobody) != 0) return 9;
    const Cache mine = Cache::open_at(path);
    if (!mine.valid()) return 1;
    Text out;
    if (!mine.read("x", mine.name("entry"), out) || out.view() != "old") return 2;
    if (mine.write("x", mine.name("entry"), "new")) return 3;
    return mine.create("y", mine.name("entry"), "new") ? 4 : 0;
  });
  ::chmod(path.c_str(), 0700);
  EXPECT_EQ(code, 0);
}

TEST_F(CacheTest, AKeyThatCannotBeTrustedIsReplaced) {
  const std::string key = dir_ / "cache/key";
  const std::string old(cache_.key());
  const auto fresh_key = [&] { return std::string(Cache::open_at(dir_ / "cache").key()); };

  dir_.write("cache/key", "short");
  const std::string second = fresh_key();
  EXPECT_NE(second, old);
  EXPECT_EQ(fresh_key(), second);

  dir_.write("cache/key", std::string(33, 'x'));
  const std::string third = fresh_key();
  EXPECT_NE(third, std::string(32, 'x'));
  EXPECT_EQ(fresh_key(), third);

  ASSERT_EQ(::chmod(key.c_str(), 0644), 0);
  const std::string fourth = fresh_key();
  EXPECT_NE(fourth, third);

  const std::string planted = dir_.write("planted", std::string(32, 'p'));
  ASSERT_EQ(::unlink(key.c_str()), 0);
  ASSERT_EQ(::symlink(planted.c_str(), key.c_str()), 0);
  const std::string fifth = fresh_key();
  EXPECT_NE(fifth, std::string(32, 'p'));
  EXPECT_EQ(fresh_key(), fifth);
  EXPECT_EQ(test::read_file(planted), std::string(32, 'p'));

  ASSERT_EQ(::unlink(key.c_str()), 0);
  ASSERT_EQ(::link(planted.c_str(), key.c_str()), 0);
  const std::string sixth = fresh_key();
  EXPECT_NE(sixth, std::string(32, 'p'));
  EXPECT_EQ(fresh_key(), sixth);

  ASSERT_EQ(::unlink(key.c_str()), 0);
  ASSERT_EQ(::mkdir(key.c_str(), 0700), 0);
  const std::string seventh = fresh_key();
  EXPECT_EQ(fresh_key(), seventh);
}

// Sixteen processes come first at once: all must go on with the one key that stays.
TEST_F(CacheTest, AllProcessesAgreeOnTheKey) {
  constexpr int processes = 16;
  for (int round = 0; round < 20; ++round) {
    const std::string path = dir_ / ("race" + std::to_string(round));
    void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    auto* go = new (memory) std::atomic<int>(0);
    char* keys = static_cast<char*>(memory) + 64;
    std::vector<pid_t> children;
    for (int i = 0; i < processes; ++i)
      children.push_back(test::start_child([&] {
        while (go->load() == 0) ::sched_yield();
        const Cache mine = Cache::open_at(path);
        if (!mine.valid()) return 1;
        mine.key().copy(keys + 32 * i, 32);
        return 0;
      }));
    go->store(1);
    for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0);
    std::set<std::string> seen;
    for (int i = 0; i < processes; ++i) seen.emplace(keys + 32 * i, 32);
    seen.emplace(Cache::open_at(path).key());
    ASSERT_EQ(seen.size(), 1U) << "round " << round;
    ::munmap(memory, 4096);
  }
}

TEST_F(CacheTest, ReadersSeeWholeRecordsWhileOthersWrite) {
  const auto content = [](char c) { return std::string(3000 + static_cast<unsigned>(c) * 10, c); };
  ASSERT_TRUE(cache_.write("x", name_, content('A')));
  const std::int64_t end = monotonic_ms() + 400;
  std::vector<pid_t> children;
  for (const char c : {'B', 'C'})
    children.push_back(test::start_child([&] {
      int failed = 0;
      while (monotonic_ms() < end) failed += cache_.write("x", name_, content(c)) ? 0 : 1;
      return failed == 0 ? 0 : 1;
    }));
  int missing = 0;
  int torn = 0;
  int reads = 0;
  while (monotonic_ms() < end) {
    ++reads;
    const std::string seen = read("x");
    if (seen == "(none)") {
      ++missing;
    } else if (seen != content(seen.front())) {
      ++torn;
    }
  }
  for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0);
  EXPECT_GT(reads, 100);
  EXPECT_EQ(missing, 0);
  EXPECT_EQ(torn, 0);
  EXPECT_EQ(files(), 2U);
}

TEST_F(CacheTest, OneOfManyCreates) {
  for (int round = 0; round < 20; ++round) {
    const EntryName name = cache_.name("round" + std::to_string(round));
    std::vector<pid_t> children;
    for (int i = 0; i < 8; ++i)
      children.push_back(
          test::start_child([&] { return cache_.create("x", name, "content") ? 1 : 0; }));
    int winners = 0;
    for (const pid_t child : children) winners += test::wait_for(child);
    ASSERT_EQ(winners, 1);
  }
}

TEST_F(CacheTest, WithoutMemoryNothingIsReadOrWritten) {
  ASSERT_TRUE(cache_.write("x", name_, "one"));
  for (int n = 0; n < 6; ++n) {
    Text out;
    bool read = false;
    bool written = false;
    {
      const test::MallocFailsAfter none(n);
      read = cache_.read("x", name_, out);
    }
    {
      const test::MallocFailsAfter none(n);
      written = cache_.write("y", name_, "two");
    }
    if (read) {
      EXPECT_EQ(out.view(), "one");
    }
    if (written) {
      EXPECT_EQ(this->read("y"), "two");
    }
  }
  // Nothing but the two entries and the key: no file with half a name.
  EXPECT_EQ(files(), 3U);
}

TEST_F(CacheTest, TheChosenDirectoryIsTakenOrNone) {
  test::CleanEnvironment environment;
  environment.set("PGLAKEBASE_CACHE_DIR", dir_ / "chosen");
  EXPECT_EQ(Cache::open().path(), dir_ / "chosen");
  environment.set("PGLAKEBASE_CACHE_DIR", dir_ / "not/there");
  EXPECT_FALSE(Cache::open().valid());
}

TEST_F(CacheTest, WithoutAChoiceThePlaceDependsOnTheUserAlone) {
  test::CleanEnvironment environment;
  const std::string first(Cache::open().path());
  EXPECT_NE(first, "");
  environment.set("XDG_RUNTIME_DIR", dir_.path());
  environment.set("XDG_CACHE_HOME", dir_.path());
  environment.set("TMPDIR", dir_.path());
  environment.set("HOME", dir_.path());
  EXPECT_EQ(Cache::open().path(), first);
}

}  // namespace
}  // namespace pglakebase

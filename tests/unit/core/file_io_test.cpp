#include "pglakebase/core/file_io.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>

#include "child.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

TEST(ReadAll, TakesExactlyTheLimitAndNoMore) {
  const test::TempDir dir;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{32},
                                 std::size_t{16 * 1024}, std::size_t{16 * 1024 + 1}}) {
    const std::string content(size, 'x');
    const std::string file = dir.write("f", content);
    Text out;
    EXPECT_TRUE(read_all(UniqueFd(::open(file.c_str(), O_RDONLY)).get(), size, out)) << size;
    EXPECT_EQ(out.view(), content);
    if (size == 0) continue;
    Text less;
    EXPECT_FALSE(read_all(UniqueFd(::open(file.c_str(), O_RDONLY)).get(), size - 1, less)) << size;
  }
}

TEST(ReadAll, AppendsAndTakesShortReads) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd in(ends[0]);
  std::thread writer([fd = ends[1]] {
    const UniqueFd out(fd);
    for (int i = 0; i < 50; ++i) {
      write_all(out.get(), "abc");
      if (i % 10 == 0) ::usleep(1000);
    }
  });
  Text out("start:");
  EXPECT_TRUE(read_all(in.get(), 150, out));
  writer.join();
  EXPECT_EQ(out.size(), 156U);
  EXPECT_EQ(out.view().substr(0, 9), "start:abc");
}

TEST(ReadAll, FailsOnABadDescriptor) {
  Text out;
  EXPECT_FALSE(read_all(-1, 10, out));
  EXPECT_FALSE(write_all(-1, "x"));
  EXPECT_TRUE(write_all(-1, ""));
}

TEST(WriteAll, StaysWithinTheProcessSLimitOfFileSizes) {
  const test::TempDir dir;
  const std::string file = dir.write("f", "12345");
  EXPECT_EQ(test::in_child([&] {
              const rlimit limit{10, 10};
              if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
              const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_APPEND));
              if (write_all(fd.get(), "123456")) return 2;
              if (errno != EFBIG) return 3;
              return write_all(fd.get(), "12345") ? 0 : 4;
            }),
            0);
}

TEST(ReadRegularFile, RefusesWhatIsNone) {
  const test::TempDir dir;
  Text out;
  const std::string fifo = dir / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(read_regular_file(fifo.c_str(), 100, out));
  EXPECT_FALSE(read_regular_file(dir.path().c_str(), 100, out));
  EXPECT_FALSE(read_regular_file("/dev/zero", 100, out));
  EXPECT_FALSE(read_regular_file((dir / "absent").c_str(), 100, out));
  EXPECT_FALSE(read_regular_file("relative", 100, out));
  EXPECT_FALSE(read_regular_file("", 100, out));
  const std::string file = dir.write("f", "content");
  out.clear();
  EXPECT_TRUE(read_regular_file(file.c_str(), 100, out));
  EXPECT_EQ(out.view(), "content");
}

bool trusted(const std::string& file) {
  Text out;
  bool is = false;
  EXPECT_TRUE(read_regular_file(file.c_str(), 100'000, out, &is));
  return is;
}

TEST(ReadRegularFile, TrustsWhatIsOursOrRootsAndWritableByNobodyElse) {
  const test::TempDir dir;
  const std::string file = dir.write("f", "content");
  EXPECT_TRUE(trusted(file));
  ::chmod(file.c_str(), 0644);
  EXPECT_TRUE(trusted(file));
  ::chmod(file.c_str(), 0664);
  EXPECT_FALSE(trusted(file));
  ::chmod(file.c_str(), 0602);
  EXPECT_FALSE(trusted(file));
  EXPECT_TRUE(trusted("/etc/passwd"));
}

TEST(ReadRegularFile, DoesNotTrustSomebodyElses) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const test::TempDir dir;
  const std::string file = dir.write("f", "content");
  ASSERT_EQ(::chown(file.c_str(), 65534, 65534), 0);
  EXPECT_FALSE(trusted(file));
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/core/credential.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "temp_dir.hpp"

namespace pglakebase {
namespace {

const std::string k_identity(64, 'a');

TEST(Credential, ComesBack) {
  Credential credential;
  credential.token.assign("eyJ.x.y");
  credential.identity.assign(k_identity);
  credential.user.assign("someone@example.com");
  credential.issued_ms = 1000;
  credential.expires_ms = 2000;
  credential.issued_since_boot_ms = 300;
  Text record;
  credential.append_record(record);
  Credential read;
  ASSERT_TRUE(read.parse(record.view()));
  EXPECT_EQ(read.token.view(), "eyJ.x.y");
  EXPECT_EQ(read.identity.view(), k_identity);
  EXPECT_EQ(read.user.view(), "someone@example.com");
  EXPECT_EQ(read.issued_ms, 1000);
  EXPECT_EQ(read.expires_ms, 2000);
  EXPECT_EQ(read.lifetime(5, 300).refresh_before_ms, 5);
  EXPECT_EQ(read.lifetime(5, 300).age_ms, 0);
  EXPECT_EQ(read.lifetime(5, 450).age_ms, 150);
}

TEST(Credential, OfAnEarlierBootOrVersionIsOfUnknownAge) {
  Credential credential;
  EXPECT_EQ(credential.lifetime(0, 450).age_ms, 0);
  credential.issued_since_boot_ms = 300;
  EXPECT_EQ(credential.lifetime(0, 299).age_ms, 0);
}

TEST(Credential, HalfOneIsNone) {
  const std::string head = "pglakebase=1\nkind=credential\n";
  const char* halves[] = {"token=\nissued_ms=1\nexpires_ms=2\n",
                          "issued_ms=1\nexpires_ms=2\n",
                          "token=x\nexpires_ms=2\n",
                          "token=x\nissued_ms=1\n",
                          "token=x\nissued_ms=5\nexpires_ms=5\n",
                          "token=x\nissued_ms=-1\nexpires_ms=2\n",
                          "token=x\nissued_ms=1\nexpires_ms=never\n"};
  Credential credential;
  for (const char* half : halves) EXPECT_FALSE(credential.parse(head + half + "end=1\n")) << half;
  EXPECT_TRUE(credential.parse(head + "token=x\nissued_ms=1\nexpires_ms=2\nend=1\n"));
}

TEST(Failure, ComesBack) {
  Failure failure;
  failure.sentence.assign("It failed, because of this\nand that.");
  failure.permanent = true;
  failure.seen_ms = 12000;
  failure.not_before_ms = 12345;
  failure.files.assign("absent /no/such\n");
  failure.material.assign("m");
  failure.network.assign("n");
  Text record;
  failure.append_record(record);
  Failure read;
  ASSERT_TRUE(read.parse(record.view()));
  EXPECT_EQ(read.sentence.view(), failure.sentence.view());
  EXPECT_TRUE(read.permanent);
  EXPECT_EQ(read.seen_ms, 12000);
  EXPECT_EQ(read.not_before_ms, 12345);
  EXPECT_EQ(read.files.view(), "absent /no/such\n");
  EXPECT_EQ(read.material.view(), "m");
  EXPECT_EQ(read.network.view(), "n");
  EXPECT_FALSE(read.parse("pglakebase=1\nkind=failure\nsentence=\nend=1\n"));
}

TEST(Failure, HoldsForItsTimeByAClockThatRunsOn) {
  Failure failure;
  failure.seen_ms = 1'000'000;
  failure.not_before_ms = 1'005'000;
  EXPECT_TRUE(failure.holds_at(1'000'000));
  EXPECT_TRUE(failure.holds_at(1'004'999));
  EXPECT_FALSE(failure.holds_at(1'005'000));
  EXPECT_FALSE(failure.holds_at(999'999)) << "the clock was set back";
  failure.not_before_ms = failure.seen_ms + 3'600'000;
  EXPECT_FALSE(failure.holds_at(1'000'001)) << "nobody holds so long";
}

TEST(Failure, SpeaksForTheSettingsItWasSeenWith) {
  test::TempDir dir;
  const std::string file = dir.write("cfg", "one");
  Failure failure;
  failure.material.assign("m");
  failure.network.assign("n");
  EXPECT_TRUE(failure.seen_with("m", "n"));
  append_file_stamp(failure.files, file);
  EXPECT_TRUE(failure.seen_with("m", "n"));
  EXPECT_FALSE(failure.seen_with("other", "n"));
  EXPECT_FALSE(failure.seen_with("m", "other"));
  dir.write("cfg", "mended");
  EXPECT_FALSE(failure.seen_with("m", "n"));
}

TEST(Failure, HoldsUntilItsTimeAndNotLongerThanWouldBeMeant) {
  Failure failure;
  failure.seen_ms = 1'000'000;
  failure.not_before_ms = 1'060'000;
  EXPECT_TRUE(failure.holds_at(1'000'000));
  EXPECT_TRUE(failure.holds_at(1'059'999));
  EXPECT_FALSE(failure.holds_at(1'060'000));
  EXPECT_FALSE(failure.holds_at(999'999));
  failure.not_before_ms = failure.seen_ms + 24 * 3'600'000;
  EXPECT_FALSE(failure.holds_at(1'000'001));
}

TEST(Failure, IsOneOfTheSameCircumstancesOnly) {
  const test::TempDir dir;
  Failure failure;
  failure.material.assign("m");
  failure.network.assign("n");
  append_file_stamp(failure.files, dir / "databrickscfg");
  EXPECT_TRUE(failure.seen_with("m", "n"));
  EXPECT_FALSE(failure.seen_with("x", "n"));
  EXPECT_FALSE(failure.seen_with("m", "x"));
  dir.write("databrickscfg", "[DEFAULT]\n");
  EXPECT_FALSE(failure.seen_with("m", "n"));
}

TEST(Resolution, NeedsAWholeIdentity) {
  Resolution resolution;
  resolution.selecting.assign("a=1\nb=2\n");
  resolution.identity.assign(k_identity);
  resolution.files.assign("absent /no/such\n");
  Text record;
  resolution.append_record(record);
  Resolution read;
  ASSERT_TRUE(read.parse(record.view()));
  EXPECT_EQ(read.selecting.view(), "a=1\nb=2\n");
  EXPECT_EQ(read.identity.view(), k_identity);
  EXPECT_EQ(read.files.view(), "absent /no/such\n");
  resolution.identity.assign("short");
  record.clear();
  resolution.append_record(record);
  EXPECT_FALSE(read.parse(record.view()));
  // It becomes part of a file's name.
  resolution.identity.assign(std::string(61, 'a') + "/..");
  record.clear();
  resolution.append_record(record);
  EXPECT_FALSE(read.parse(record.view()));
}

TEST(Resolution, SeesEveryChangeOfItsFiles) {
  const test::TempDir dir;
  const std::string file = dir.write("cfg with blank", "one");
  const std::string absent = dir / "absent";
  Resolution resolution;
  append_file_stamp(resolution.files, file);
  append_file_stamp(resolution.files, absent);
  EXPECT_TRUE(resolution.files_unchanged());

  dir.write("absent", "now there");
  EXPECT_FALSE(resolution.files_unchanged());
  ASSERT_EQ(::unlink(absent.c_str()), 0);
  EXPECT_TRUE(resolution.files_unchanged());

  dir.write("cfg with blank", "other length");
  EXPECT_FALSE(resolution.files_unchanged());

  resolution.files.clear();
  append_file_stamp(resolution.files, file);
  // The same content and time under another inode.
  struct stat st {};
  ASSERT_EQ(::stat(file.c_str(), &st), 0);
  const std::string aside = dir.write("aside", "other length");
  const timespec times[] = {st.st_atim, st.st_mtim};
  ASSERT_EQ(::utimensat(AT_FDCWD, aside.c_str(), times, 0), 0);
  ASSERT_EQ(::rename(aside.c_str(), file.c_str()), 0);
  EXPECT_FALSE(resolution.files_unchanged());

  ASSERT_EQ(::unlink(file.c_str()), 0);
  EXPECT_FALSE(resolution.files_unchanged());
}

TEST(Resolution, APathWithALineEndIsStillSeen) {
  const test::TempDir dir;
  const std::string file = dir.write("two\nlines", "one");
  Resolution resolution;
  append_file_stamp(resolution.files, file);
  // It cannot be followed, so it never counts as unchanged.
  EXPECT_FALSE(resolution.files_unchanged());
}

TEST(Resolution, NoFilesAreUnchangedAndGarbageIsNot) {
  Resolution resolution;
  EXPECT_TRUE(resolution.files_unchanged());
  resolution.files.assign("garbage\n");
  EXPECT_FALSE(resolution.files_unchanged());
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/core/learned_roots.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "pglakebase/core/record.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_now_ms = 1'800'000'000'000;
constexpr std::int64_t k_hour_ms = 3'600'000;
constexpr std::string_view k_pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

class LearnedRootsTest : public testing::Test {
 protected:
  LearnedRootsTest()
      : cache_(Cache::open_at(dir_ / "cache")),
        bundle_(dir_.write("bundle.crt", std::string(20'000, 'x'))) {}

  RootsTarget target() const { return {"a.example", "10.0.0.1", "5432", bundle_}; }
  LearnedRoots roots() const { return {cache_, target()}; }
  std::string found(const LearnedRoots& roots, std::int64_t now_ms = k_now_ms) const {
    Text path;
    return roots.find(path, now_ms) ? std::string(path.view()) : "";
  }
  bool learn() const { return roots().store(k_pem, k_now_ms); }

  test::TempDir dir_;
  Cache cache_;
  std::string bundle_;
};

TEST_F(LearnedRootsTest, KeepsTheCertificatesBehindARecord) {
  EXPECT_EQ(found(roots()), "");
  ASSERT_TRUE(learn());
  const std::string file = found(roots());
  EXPECT_EQ(file, dir_ / "cache/roots-" + std::string(roots().name().view()));
  const std::string content = test::read_file(file);
  EXPECT_TRUE(content.ends_with("\nend=1\n" + std::string(k_pem)));
  EXPECT_NE(content.find("\ntarget=hosts=a.example%0ahostaddrs=10.0.0.1%0a"), std::string::npos);
}

TEST_F(LearnedRootsTest, IsForTheseServersAndThisBundleAlone) {
  ASSERT_TRUE(learn());
  const std::string other = dir_.write("other.crt", std::string(20'000, 'x'));
  for (const RootsTarget& target : {RootsTarget{"b.example", "10.0.0.1", "5432", bundle_},
                                    RootsTarget{"a.example", "10.0.0.2", "5432", bundle_},
                                    RootsTarget{"a.example", "10.0.0.1", "5433", bundle_},
                                    RootsTarget{"a.example,b.example", "10.0.0.1", "5432", bundle_},
                                    RootsTarget{"a.example", "10.0.0.1", "5432", other}})
    EXPECT_EQ(found(LearnedRoots(cache_, target)), "");
}

TEST_F(LearnedRootsTest, FieldsCannotRunIntoEachOther) {
  const LearnedRoots one(cache_, {"a\nhostaddrs=b", "", "1", bundle_});
  const LearnedRoots other(cache_, {"a", "b", "1", bundle_});
  EXPECT_NE(one.name().view(), other.name().view());
}

TEST_F(LearnedRootsTest, IsGoneWithAnyChangeOfTheBundle) {
  ASSERT_TRUE(learn());
  const auto written = std::filesystem::last_write_time(bundle_);
  std::filesystem::last_write_time(bundle_, written + std::chrono::seconds(1));
  EXPECT_EQ(found(roots()), "");
  std::filesystem::last_write_time(bundle_, written);
  EXPECT_NE(found(roots()), "");
  dir_.write("bundle.crt", std::string(20'001, 'x'));
  std::filesystem::last_write_time(bundle_, written);
  EXPECT_EQ(found(roots()), "");
  const std::string copy = dir_.write("copy.crt", std::string(20'000, 'x'));
  std::filesystem::rename(copy, bundle_);
  std::filesystem::last_write_time(bundle_, written);
  EXPECT_EQ(found(roots()), "");
}

TEST_F(LearnedRootsTest, HoldsForADay) {
  ASSERT_TRUE(learn());
  EXPECT_NE(found(roots(), k_now_ms + 24 * k_hour_ms - 1), "");
  EXPECT_EQ(found(roots(), k_now_ms + 24 * k_hour_ms), "");
  EXPECT_NE(found(roots(), k_now_ms - 30'000), "");
  EXPECT_EQ(found(roots(), k_now_ms - k_hour_ms), "");
}

TEST_F(LearnedRootsTest, EveryChangedByteIsFound) {
  ASSERT_TRUE(learn());
  const std::string file = found(roots());
  const std::string good = test::read_file(file);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    dir_.write("cache/" + std::filesystem::path(file).filename().string(), bad);
    EXPECT_EQ(found(roots()), "") << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    dir_.write("cache/" + std::filesystem::path(file).filename().string(), good.substr(0, size));
    EXPECT_EQ(found(roots()), "") << size;
  }
}

TEST_F(LearnedRootsTest, AnotherTargetsFileIsNoneOfOurs) {
  ASSERT_TRUE(learn());
  const LearnedRoots other(cache_, {"b.example", "10.0.0.1", "5432", bundle_});
  std::filesystem::copy_file(found(roots()),
                             dir_ / "cache/roots-" + std::string(other.name().view()));
  EXPECT_EQ(found(other), "");
}

TEST_F(LearnedRootsTest, UnderAnotherKeyItIsNoneOfOurs) {
  ASSERT_TRUE(learn());
  const std::string name = std::filesystem::path(found(roots())).filename().string();
  const std::string content = test::read_file(found(roots()));
  std::filesystem::remove(dir_ / "cache/key");
  cache_ = Cache::open_at(dir_ / "cache");
  dir_.write("cache/roots-" + std::string(roots().name().view()), content);
  EXPECT_EQ(found(roots()), "");
}

TEST_F(LearnedRootsTest, OnlyALargeBundleIsWorthIt) {
  EXPECT_TRUE(roots().worthwhile());
  dir_.write("bundle.crt", std::string(16 * 1024 - 1, 'x'));
  EXPECT_FALSE(roots().worthwhile());
  EXPECT_FALSE(learn());
  EXPECT_FALSE(roots().claim(k_now_ms));
  dir_.write("bundle.crt", std::string(16 * 1024, 'x'));
  EXPECT_TRUE(roots().worthwhile());
  std::filesystem::remove(bundle_);
  EXPECT_FALSE(roots().worthwhile());
  EXPECT_FALSE(LearnedRoots(cache_, {"a", "", "1", dir_.path()}).worthwhile());
  EXPECT_FALSE(LearnedRoots(Cache(), target()).worthwhile());
}

TEST_F(LearnedRootsTest, ARelativeBundleIsNot) {
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(dir_.path());
  EXPECT_FALSE(LearnedRoots(cache_, {"a", "", "1", "bundle.crt"}).worthwhile());
  std::filesystem::current_path(before);
}

TEST_F(LearnedRootsTest, StoresCertificatesOnly) {
  EXPECT_FALSE(roots().store("", k_now_ms));
  EXPECT_FALSE(roots().store("x", k_now_ms));
}

TEST_F(LearnedRootsTest, OneClaimAnHour) {
  EXPECT_TRUE(roots().claim(k_now_ms));
  EXPECT_FALSE(roots().claim(k_now_ms));
  EXPECT_FALSE(roots().claim(k_now_ms + k_hour_ms - 1));
  EXPECT_TRUE(roots().claim(k_now_ms + k_hour_ms));
  EXPECT_FALSE(roots().claim(k_now_ms + k_hour_ms));
  roots().give_up_claim();
  EXPECT_TRUE(roots().claim(k_now_ms + k_hour_ms));
}

TEST_F(LearnedRootsTest, AClaimForAnotherTargetUnderTheSameNameHoldsNobody) {
  const LearnedRoots other(cache_, {"b.example", "10.0.0.1", "5432", bundle_});
  EXPECT_TRUE(other.claim(k_now_ms));
  const std::string claims = dir_ / "cache/learning-";
  std::filesystem::rename(claims + std::string(other.name().view()),
                          claims + std::string(roots().name().view()));
  EXPECT_TRUE(roots().claim(k_now_ms));
  EXPECT_FALSE(roots().claim(k_now_ms));
}

TEST_F(LearnedRootsTest, ADamagedClaimOrOneOfTheFutureHoldsNobody) {
  EXPECT_TRUE(roots().claim(k_now_ms));
  EXPECT_TRUE(roots().claim(k_now_ms - k_hour_ms));
  cache_.write(k_kind_learning, roots().name(), "x");
  EXPECT_TRUE(roots().claim(k_now_ms));
  EXPECT_FALSE(roots().claim(k_now_ms));
}

TEST_F(LearnedRootsTest, TheRequestSaysWhatTheHelperNeeds) {
  Text text;
  append_learn_request(text, cache_, target());
  Record record;
  ASSERT_TRUE(record.parse(text.view(), k_kind_learn));
  EXPECT_EQ(record.number("uid", -1), ::geteuid());
  EXPECT_EQ(record.get("cache"), cache_.path());
  EXPECT_EQ(record.get("hosts"), "a.example");
  EXPECT_EQ(record.get("hostaddrs"), "10.0.0.1");
  EXPECT_EQ(record.get("ports"), "5432");
  EXPECT_EQ(record.get("bundle"), bundle_);
}

}  // namespace
}  // namespace pglakebase

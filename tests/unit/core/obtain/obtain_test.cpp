#include "pglakebase/core/obtain.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "child.hpp"
#include "env_guard.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/locate.hpp"
#include "pglakebase/core/replacement.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_host = "ep-x.database.us-east-1.cloud.databricks.com";
constexpr std::int64_t k_second = 1000;
constexpr std::int64_t k_minute = 60 * k_second;

// The stub helper lies where the code looks for the real one; the profile tells it what to do.
class ObtainTest : public testing::Test {
 protected:
  ObtainTest() : cache_(Cache::open_at(dir_ / "cache")) { environment_.set("HOME", dir_.path()); }

  Request request(const char* behaviour) const {
    Directives directives;
    directives.add("profile", behaviour);
    return Request::build(k_host, "s", directives, cache_);
  }

  static ObtainOptions waiting(std::int64_t milliseconds = 20'000) {
    ObtainOptions options;
    options.deadline_ms = monotonic_ms() + milliseconds;
    return options;
  }

  Obtained ask(const char* behaviour) const {
    return obtain(cache_, request(behaviour), waiting());
  }

  /// Puts a credential of an hour's life into the cache that has `left` of it.
  void keep(const char* behaviour, std::int64_t left, std::int64_t length = 60 * k_minute,
            std::string_view files = {}) const {
    const Request asked = request(behaviour);
    Resolution resolution;
    resolution.selecting.assign(asked.selecting());
    resolution.identity.assign(asked.name().view());
    resolution.files.assign(files);
    Text record;
    resolution.append_record(record);
    ASSERT_TRUE(cache_.write(k_kind_request, asked.name(), record.view()));
    Credential credential;
    credential.token.assign("kept-token");
    credential.identity.assign(asked.name().view());
    credential.expires_ms = wall_clock_ms() + left;
    credential.issued_ms = credential.expires_ms - length;
    record.clear();
    credential.append_record(record);
    ASSERT_TRUE(cache_.write(k_kind_credential, asked.name(), record.view()));
  }

  void claim(const char* behaviour, std::int64_t pid, std::int64_t age,
             bool starting = false) const {
    Text record;
    Record::begin(record, k_kind_fetching);
    append_field(record, "pid", pid);
    append_field(record, "since_ms", wall_clock_ms() - age);
    if (starting) append_field(record, "starting", std::int64_t{1});
    Record::finish(record);
    ASSERT_TRUE(cache_.write(k_kind_fetching, request(behaviour).name(), record.view()));
  }
  bool claimed(const char* behaviour) const {
    Text record;
    return cache_.read(k_kind_fetching, request(behaviour).name(), record);
  }

  std::size_t runs() const { return test::read_file(dir_ / "cache-runs").size(); }
  bool runs_become(std::size_t wanted) const {
    for (int i = 0; i < 1000 && runs() != wanted; ++i) sleep_ms(5);
    return runs() == wanted;
  }

  test::TempDir dir_;
  test::CleanEnvironment environment_;
  Cache cache_;
};

TEST_F(ObtainTest, FetchesOnceAndThenServesTheCache) {
  const Obtained first = ask("good");
  ASSERT_TRUE(first.ok) << first.failure.sentence.view();
  EXPECT_FALSE(first.from_cache);
  EXPECT_TRUE(first.credential.token.view().starts_with("fetched-token-"));
  EXPECT_EQ(first.credential.user.view(), "fetched-user");
  const Obtained second = ask("good");
  ASSERT_TRUE(second.ok);
  EXPECT_TRUE(second.from_cache);
  EXPECT_EQ(second.credential.token.view(), first.credential.token.view());
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ObtainTest, AFreshOneNeedsNoHelperAndNoTime) {
  keep("good", 50 * k_minute);
  const Obtained got = obtain(cache_, request("good"), {});
  ASSERT_TRUE(got.ok);
  EXPECT_TRUE(got.from_cache);
  EXPECT_EQ(got.credential.token.view(), "kept-token");
  EXPECT_EQ(runs(), 0U);
}

TEST_F(ObtainTest, AnAgeingOneIsServedWhileOneHelperRenewsIt) {
  keep("slow", 10 * k_minute);
  const std::int64_t started = monotonic_ms();
  for (int i = 0; i < 20; ++i) {
    const Obtained got = ask("slow");
    ASSERT_TRUE(got.ok);
    EXPECT_EQ(got.credential.token.view(), "kept-token");
  }
  EXPECT_LT(monotonic_ms() - started, 350);
  for (int i = 0; i < 400 && ask("slow").credential.token.view() == "kept-token"; ++i) sleep_ms(5);
  const Obtained renewed = ask("slow");
  ASSERT_TRUE(renewed.ok);
  EXPECT_TRUE(renewed.from_cache);
  EXPECT_TRUE(renewed.credential.token.view().starts_with("fetched-token-"));
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ObtainTest, AnAgeingOneOutlivesTroubleQuietly) {
  keep("passing", 10 * k_minute);
  EXPECT_EQ(ask("passing").credential.token.view(), "kept-token");
  EXPECT_TRUE(runs_become(1));
  for (int i = 0; i < 200 && claimed("passing"); ++i) sleep_ms(5);
  // The failure says not before: nobody asks again until then.
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(ask("passing").ok);
  sleep_ms(100);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ObtainTest, TheLastMinuteWaitsForANewOne) {
  keep("good", 30 * k_second);
  const Obtained got = ask("good");
  ASSERT_TRUE(got.ok);
  EXPECT_TRUE(got.credential.token.view().starts_with("fetched-token-"));
}

TEST_F(ObtainTest, TheLastMinuteFallsBackOnTheOldOne) {
  for (const char* behaviour : {"passing", "final", "nothing", "garbage", "killed"}) {
    keep(behaviour, 30 * k_second);
    const Obtained got = ask(behaviour);
    ASSERT_TRUE(got.ok) << behaviour;
    EXPECT_TRUE(got.from_cache);
    EXPECT_EQ(got.credential.token.view(), "kept-token");
  }
}

TEST_F(ObtainTest, TheLastMinuteDoesNotWaitUntilTheEnd) {
  keep("hang", 2 * k_second, 40 * k_second);
  const std::int64_t started = monotonic_ms();
  const Obtained got = ask("hang");
  ASSERT_TRUE(got.ok);
  EXPECT_EQ(got.credential.token.view(), "kept-token");
  EXPECT_LT(monotonic_ms() - started, 1800);
}

TEST_F(ObtainTest, WhatRunsOutInTheLastMinutesWaitIsWaitedForLikeAnyOther) {
  for (const std::int64_t left : {1, 2, 3, 4, 5}) {
    keep("slow", left, 2 * k_second);
    const Obtained got = ask("slow");
    EXPECT_TRUE(got.ok) << left << " ms: " << got.failure.sentence.view();
    // Or else the next one would be told to wait for this one's.
    while (claimed("slow")) sleep_ms(1);
  }
}

TEST_F(ObtainTest, AnExpiredOneIsNeverServed) {
  keep("good", -1);
  EXPECT_TRUE(ask("good").credential.token.view().starts_with("fetched-token-"));
  for (const char* behaviour : {"passing", "final", "nothing", "garbage", "killed"}) {
    keep(behaviour, -1);
    const Obtained got = ask(behaviour);
    EXPECT_FALSE(got.ok) << behaviour;
    EXPECT_FALSE(got.failure.sentence.empty()) << behaviour;
  }
}

TEST_F(ObtainTest, AClockThatWasSetBackMakesItExpired) {
  keep("good", 120 * k_minute);  // issued an hour from now
  EXPECT_TRUE(ask("good").credential.token.view().starts_with("fetched-token-"));
}

TEST_F(ObtainTest, MinLifeAsksForABetterOne) {
  keep("good", 50 * k_minute);
  ObtainOptions options = waiting();
  options.min_life_ms = 40 * k_minute;
  EXPECT_EQ(obtain(cache_, request("good"), options).credential.token.view(), "kept-token");
  options.min_life_ms = 55 * k_minute;
  const Obtained better = obtain(cache_, request("good"), options);
  ASSERT_TRUE(better.ok);
  EXPECT_TRUE(better.credential.token.view().starts_with("fetched-token-"));
}

TEST_F(ObtainTest, OnlyOneIssuedAfterwardsWillDo) {
  keep("good", 50 * k_minute);
  ObtainOptions options = waiting();
  options.issued_after_ms = wall_clock_ms() - 20 * k_minute;
  EXPECT_EQ(obtain(cache_, request("good"), options).credential.token.view(), "kept-token");
  options.issued_after_ms = wall_clock_ms() - 5 * k_minute;
  EXPECT_TRUE(obtain(cache_, request("good"), options)
                  .credential.token.view()
                  .starts_with("fetched-token-"));
}

TEST_F(ObtainTest, ARoleNameCanBeDemanded) {
  keep("good", 50 * k_minute);
  ObtainOptions options = waiting();
  options.need_user = true;
  EXPECT_EQ(obtain(cache_, request("good"), options).credential.user.view(), "fetched-user");
}

TEST_F(ObtainTest, AFailureIsShared) {
  const Obtained first = ask("final");
  EXPECT_FALSE(first.ok);
  EXPECT_EQ(first.failure.sentence.view(), "The stub says no.");
  EXPECT_TRUE(first.failure.permanent);
  EXPECT_EQ(runs(), 1U);
  const Obtained second = ask("final");
  EXPECT_FALSE(second.ok);
  EXPECT_EQ(second.failure.sentence.view(), "The stub says no.");
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ObtainTest, AFailureSeenOtherwiseIsNone) {
  EXPECT_FALSE(ask("final").ok);
  environment_.set("DATABRICKS_CLIENT_SECRET", "another");
  EXPECT_FALSE(ask("final").ok);
  EXPECT_EQ(runs(), 2U);
  environment_.set("https_proxy", "http://another");
  EXPECT_FALSE(ask("final").ok);
  EXPECT_EQ(runs(), 3U);
  ObtainOptions options = waiting();
  options.despite_failure = true;
  EXPECT_FALSE(obtain(cache_, request("final"), options).ok);
  EXPECT_EQ(runs(), 4U);
}

TEST_F(ObtainTest, AFailureThatIsOverOrAbsurdIsNone) {
  const Request asked = request("good");
  for (const std::int64_t not_before : {-k_second, 48 * 60 * k_minute}) {
    Failure failure;
    failure.sentence.assign("old");
    failure.seen_ms = wall_clock_ms() - k_minute;
    failure.not_before_ms = wall_clock_ms() + not_before;
    failure.material.assign(asked.material().view());
    failure.network.assign(asked.network().view());
    Text record;
    failure.append_record(record);
    ASSERT_TRUE(cache_.write(k_kind_failure, asked.name(), record.view()));
    keep("good", -1);
    EXPECT_TRUE(ask("good").ok);
  }
}

TEST_F(ObtainTest, AHelperWithoutAnAnswerIsSaidAndLeavesTheWayFree) {
  for (const char* behaviour : {"nothing", "garbage", "killed"}) {
    const Obtained got = ask(behaviour);
    EXPECT_FALSE(got.ok);
    EXPECT_FALSE(got.failure.permanent);
    EXPECT_NE(got.failure.sentence.view().find("ended without an answer"), std::string_view::npos);
    EXPECT_FALSE(claimed(behaviour)) << behaviour;
  }
}

TEST_F(ObtainTest, TheDeadlineHolds) {
  const std::int64_t started = monotonic_ms();
  const Obtained got = obtain(cache_, request("hang"), waiting(200));
  EXPECT_FALSE(got.ok);
  EXPECT_NE(got.failure.sentence.view().find("still under way"), std::string_view::npos);
  EXPECT_LT(monotonic_ms() - started, 2000);
  // The helper goes on, and another process waits for it instead of starting one more.
  const Obtained other = obtain(cache_, request("hang"), waiting(100));
  EXPECT_FALSE(other.ok);
  EXPECT_NE(other.failure.sentence.view().find("another process"), std::string_view::npos);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ObtainTest, WhoeverWaitsGetsWhatAnotherFetched) {
  claim("good", ::getppid(), 0);
  const pid_t other = test::start_child([&] {
    sleep_ms(150);
    keep("good", 50 * k_minute);
    return 0;
  });
  const Obtained got = ask("good");
  ASSERT_TRUE(got.ok);
  EXPECT_EQ(got.credential.token.view(), "kept-token");
  EXPECT_EQ(runs(), 0U);
  EXPECT_EQ(test::wait_for(other), 0);
}

TEST_F(ObtainTest, AFetchThatHasJustBegunIsWaitedFor) {
  claim("good", ::getppid(), k_second, true);
  EXPECT_FALSE(obtain(cache_, request("good"), waiting(100)).ok);
  // One that goes on in its own name has longer.
  claim("good", ::getppid(), 10 * k_second);
  EXPECT_FALSE(obtain(cache_, request("good"), waiting(100)).ok);
  EXPECT_EQ(runs(), 0U);
}

TEST_F(ObtainTest, TheClaimOfTheDeadIsTakenOver) {
  const pid_t dead = test::start_child([] { return 0; });
  EXPECT_EQ(test::wait_for(dead), 0);
  const std::function<void()> claims[] = {
      [&] { claim("good", dead, 0); },
      [&] { claim("good", ::getppid(), 10 * k_minute); },
      [&] { claim("good", ::getppid(), -10 * k_minute); },
      // Its helper was killed before it put its own there.
      [&] { claim("good", ::getppid(), 10 * k_second, true); },
      [&] { claim("good", 0, 0); },
      [&] { claim("good", -1, 0); },
      [&] { cache_.write(k_kind_fetching, request("good").name(), "garbage"); },
  };
  std::size_t expected = 0;
  for (const auto& put : claims) {
    put();
    keep("good", -1);
    const std::int64_t started = monotonic_ms();
    EXPECT_TRUE(ask("good").ok) << expected;
    EXPECT_LT(monotonic_ms() - started, 3000);
    EXPECT_EQ(runs(), ++expected);
  }
}

TEST_F(ObtainTest, OneReplacementAMinuteWhoeverWasRefusedFirst) {
  keep("good", 50 * k_minute);
  const std::int64_t cached = cached_issue_ms(cache_, request("good"));
  EXPECT_GT(cached, 0);
  // A login that began before the last renewal; it goes on with what is in the cache.
  EXPECT_TRUE(may_replace(cache_, request("good"), cached - k_minute));
  EXPECT_TRUE(may_replace(cache_, request("good"), cached));
  EXPECT_FALSE(may_replace(cache_, request("good"), cached + 1));
  replacement_accepted(cache_, request("good"));
  EXPECT_TRUE(may_replace(cache_, request("good"), cached + 1));
}

TEST_F(ObtainTest, ManyProcessesAtOnceFetchOnce) {
  constexpr int processes = 40;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i)
    children.push_back(test::start_child([&] { return ask("slow").ok ? 0 : 1; }));
  for (const pid_t child : children) EXPECT_EQ(test::wait_for(child), 0);
  EXPECT_EQ(runs(), 1U);
}

TEST_F(ObtainTest, ACredentialOfAnotherRequestIsNone) {
  keep("good", 50 * k_minute);
  // The same name with other inputs in it: a collision, or a file put there by hand.
  const Request asked = request("good");
  Resolution resolution;
  resolution.selecting.assign("version=1\nhost=another\n");
  resolution.identity.assign(asked.name().view());
  Text record;
  resolution.append_record(record);
  ASSERT_TRUE(cache_.write(k_kind_request, asked.name(), record.view()));
  EXPECT_TRUE(ask("good").credential.token.view().starts_with("fetched-token-"));
}

TEST_F(ObtainTest, AChangedConfigurationFileIsReadAgain) {
  const std::string file = dir_.write("databrickscfg", "[DEFAULT]\n");
  Text stamps;
  append_file_stamp(stamps, file);
  keep("good", 50 * k_minute, 60 * k_minute, stamps.view());
  EXPECT_EQ(ask("good").credential.token.view(), "kept-token");
  dir_.write("databrickscfg", "[DEFAULT]\nhost = https://another\n");
  EXPECT_TRUE(ask("good").credential.token.view().starts_with("fetched-token-"));
}

TEST_F(ObtainTest, DirtyRecordsAreFetchedAnew) {
  for (const char* garbage : {"", "garbage", "pglakebase=2\nkind=credential\nend=1\n"}) {
    keep("good", 50 * k_minute);
    ASSERT_TRUE(cache_.write(k_kind_credential, request("good").name(), garbage));
    EXPECT_TRUE(ask("good").credential.token.view().starts_with("fetched-token-"));
    ASSERT_TRUE(cache_.write(k_kind_request, request("good").name(), garbage));
    EXPECT_TRUE(ask("good").credential.token.view().starts_with("fetched-token-"));
  }
}

TEST_F(ObtainTest, WithoutACacheEveryCallFetches) {
  const Cache none = Cache::open_at("");
  Directives directives;
  directives.add("profile", "good");
  const Request asked = Request::build(k_host, "s", directives, none);
  for (int i = 0; i < 2; ++i) {
    const Obtained got = obtain(none, asked, waiting());
    ASSERT_TRUE(got.ok);
    EXPECT_FALSE(got.from_cache);
  }
}

// The second half runs in a copy of this program, beside which there is no helper.
TEST_F(ObtainTest, AMissingHelperIsSaid) {
  Text helper;
  if (locate_helper(helper)) {
    const std::string copy = dir_ / "program";
    std::filesystem::copy_file("/proc/self/exe", copy);
    EXPECT_EQ(test::in_child([&] {
                ::execl(copy.c_str(), copy.c_str(), "--gtest_brief=1",
                        "--gtest_filter=ObtainTest.AMissingHelperIsSaid",
                        "--gtest_output=", nullptr);
                return 9;
              }),
              0);
    return;
  }
  const Obtained got = ask("good");
  EXPECT_FALSE(got.ok);
  EXPECT_NE(got.failure.sentence.view().find("cannot be started"), std::string_view::npos);
  EXPECT_FALSE(claimed("good"));
  keep("good", 10 * k_minute);
  EXPECT_TRUE(ask("good").ok);
  EXPECT_FALSE(claimed("good"));
}

}  // namespace
}  // namespace pglakebase

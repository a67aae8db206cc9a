#include "pglakebase/auth/paced_http.hpp"

#include <gtest/gtest.h>

#include "fake_clock.hpp"
#include "fake_http.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/credential.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_url = "https://w/x";
constexpr std::int64_t k_time_ms = 30'000;

class PacedHttpTest : public testing::Test {
 protected:
  PacedHttpTest() : cache_(Cache::open_at(dir_ / "cache")) {}

  void answers(int status, const std::string& retry_after = "") {
    HttpResponse response;
    response.status = status;
    response.retry_after = retry_after;
    http_.reply("GET", k_url, response);
  }

  // A process of its own each time.
  HttpResponse send(const std::string& network = "n", std::int64_t time_ms = k_time_ms) {
    HttpRequest request;
    request.url = k_url;
    PacedHttp paced(http_, clock_, cache_, network, clock_.monotonic + time_ms);
    HttpResponse response = paced.send(request);
    clock_.advance(1);
    return response;
  }

  std::int64_t slept() const {
    std::int64_t sum = 0;
    for (const std::int64_t pause : clock_.slept) sum += pause;
    return sum;
  }

  test::TempDir dir_;
  Cache cache_;
  test::FakeHttp http_;
  test::FakeClock clock_;
};

TEST_F(PacedHttpTest, NobodyWaitsWithoutTrouble) {
  answers(200);
  answers(404);
  send();
  send();
  EXPECT_TRUE(clock_.slept.empty());
}

TEST_F(PacedHttpTest, AnAddressThatDoesNotAnswerIsAskedOnceAMinute) {
  const std::string url = "http://169.254.169.254/x";
  http_.reply("GET", url, HttpError(HttpError::Kind::unreachable, "absent", 60'000));
  HttpRequest request;
  request.url = url;
  request.local = true;
  const auto ask = [&] {
    PacedHttp paced(http_, clock_, cache_, "n", clock_.monotonic + k_time_ms);
    try {
      paced.send(request);
      ADD_FAILURE();
    } catch (const HttpError& error) {
      EXPECT_EQ(error.kind(), HttpError::Kind::unreachable);
      EXPECT_GT(error.hold_ms(), 0);
      EXPECT_EQ(std::string(error.what()), "absent");
    }
  };
  ask();
  ask();
  EXPECT_EQ(http_.calls("GET", url), 1);
  EXPECT_TRUE(clock_.slept.empty());
  clock_.advance(60'001);
  ask();
  EXPECT_EQ(http_.calls("GET", url), 2);
}

TEST_F(PacedHttpTest, OthersWaitAsLongAsTheServerAsked) {
  answers(429, "3");
  answers(200);
  send();
  EXPECT_EQ(send().status, 200);
  EXPECT_NEAR(static_cast<double>(slept()), 3000, 2);
}

TEST_F(PacedHttpTest, WhoCannotWaitSoLongDoesNotAsk) {
  answers(429, "60");
  send();
  try {
    send();
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_EQ(error.kind(), HttpError::Kind::held_back);
    EXPECT_NEAR(static_cast<double>(error.hold_ms()), 60'000, 2);
    EXPECT_STREQ(error.what(),
                 "https://w answered HTTP 429 (a moment ago; it is not asked again yet); try again "
                 "in 60 s");
  }
  EXPECT_EQ(http_.requests.size(), 1U);
}

TEST_F(PacedHttpTest, PausesGrowWhileItFailsAndEndWithAnAnswer) {
  for (int i = 0; i < 8; ++i) answers(503);
  answers(200);
  std::vector<bool> retry;
  for (int i = 0; i < 8; ++i) retry.push_back(send().retry);
  EXPECT_EQ(retry, (std::vector<bool>{true, true, true, true, true, false, false, false}));
  send();
  std::vector<std::int64_t> rounded;
  for (const std::int64_t pause : clock_.slept) rounded.push_back((pause + 50) / 100 * 100);
  EXPECT_EQ(rounded, (std::vector<std::int64_t>{200, 400, 800, 1600, 3200, 5000, 5000, 5000}));
  clock_.slept.clear();
  send();
  EXPECT_TRUE(clock_.slept.empty());
}

TEST_F(PacedHttpTest, CallsThatWereUnderWayTogetherCountOnce) {
  http_.before_reply = [&](const HttpRequest&) {
    // Another process's failure, while ours is under way.
    http_.before_reply = nullptr;
    clock_.advance(1);
    send();
  };
  answers(503);
  send();
  answers(200);
  clock_.slept.clear();
  EXPECT_EQ(send().status, 503);
  EXPECT_NEAR(static_cast<double>(slept()), 200, 5);
}

TEST_F(PacedHttpTest, WhoseTimeIsUpGetsTheAnswerItself) {
  answers(503);
  for (int i = 0; i < 4; ++i) send();
  EXPECT_FALSE(send("n", 2'000).retry);
}

TEST_F(PacedHttpTest, WhatCannotBeReachedHoldsNobodyBack) {
  http_.reply("GET", k_url, HttpError(HttpError::Kind::unreachable, "no route"));
  EXPECT_THROW(send(), HttpError);
  EXPECT_THROW(send(), HttpError);
  EXPECT_TRUE(clock_.slept.empty());
}

TEST_F(PacedHttpTest, AnotherNetworkIsAnotherServer) {
  answers(429, "60");
  send("one");
  answers(200);
  EXPECT_EQ(send("two").status, 429);
}

TEST_F(PacedHttpTest, AClockSetBackEndsThePause) {
  answers(429, "60");
  answers(200);
  send();
  clock_.wall -= 3'600'000;
  EXPECT_EQ(send().status, 200);
  EXPECT_TRUE(clock_.slept.empty());
}

TEST_F(PacedHttpTest, OneAtATimeAfterTooManyCalls) {
  answers(429, "1");
  answers(200);
  send();
  http_.before_reply = [&](const HttpRequest&) {
    http_.before_reply = nullptr;
    HttpRequest request;
    request.url = k_url;
    // The lock goes by the real clock.
    clock_.monotonic = monotonic_ms();
    PacedHttp other(http_, clock_, cache_, "n", clock_.monotonic + 300);
    EXPECT_THROW(other.send(request), HttpError);
  };
  clock_.monotonic = monotonic_ms();
  EXPECT_EQ(send().status, 200);
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(PacedHttpTest, WithoutACacheNothingIsShared) {
  cache_ = Cache::open_at("");
  answers(429, "60");
  answers(200);
  send();
  EXPECT_EQ(send().status, 200);
}

}  // namespace
}  // namespace pglakebase

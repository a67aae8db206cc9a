#include "pglakebase/net/retrying_http.hpp"

#include <gtest/gtest.h>

#include "fake_clock.hpp"
#include "fake_http.hpp"

namespace pglakebase {
namespace {

using test::FakeClock;
using test::FakeHttp;

class RetryingHttpTest : public testing::Test {
 protected:
  static HttpResponse response(int status, const std::string& retry_after = "") {
    HttpResponse made;
    made.status = status;
    made.retry_after = retry_after;
    return made;
  }

  HttpResponse send() {
    HttpRequest request;
    request.url = "https://w/x";
    return RetryingHttp(http_, clock_, clock_.monotonic + 10'000).send(request);
  }

  FakeHttp http_;
  FakeClock clock_;
};

TEST_F(RetryingHttpTest, HealsAndStops) {
  http_.reply("GET", "https://w/x", response(503));
  http_.reply("GET", "https://w/x", HttpError(HttpError::Kind::reset, "broke"));
  http_.reply("GET", "https://w/x", response(200));
  EXPECT_EQ(send().status, 200);
  EXPECT_EQ(clock_.slept, (std::vector<std::int64_t>{100, 200}));
}

TEST_F(RetryingHttpTest, GivesTheLastResponseWhenItDoesNotHeal) {
  http_.reply("GET", "https://w/x", response(500));
  EXPECT_EQ(send().status, 500);
  EXPECT_EQ(http_.requests.size(), 6U);
}

TEST_F(RetryingHttpTest, PermanentAnswersCostOneCall) {
  http_.reply("GET", "https://w/x", response(401));
  EXPECT_EQ(send().status, 401);
  EXPECT_EQ(http_.requests.size(), 1U);
  EXPECT_TRUE(clock_.slept.empty());
}

TEST_F(RetryingHttpTest, ThrowsTheLastError) {
  http_.reply("GET", "https://w/x", HttpError(HttpError::Kind::untrusted, "not trusted"));
  EXPECT_THROW(send(), HttpError);
  EXPECT_EQ(http_.requests.size(), 1U);
}

TEST_F(RetryingHttpTest, StopsAtOnceWhenAskedToWaitBeyondTheDeadline) {
  http_.reply("GET", "https://w/x", response(429, "60"));
  EXPECT_EQ(send().status, 429);
  EXPECT_EQ(http_.requests.size(), 1U);
}

TEST_F(RetryingHttpTest, HttpDatesAreRelativeToTheServersClock) {
  HttpResponse limited = response(429, "Fri, 15 Jan 2027 09:00:03 GMT");
  limited.date_s = 1'800'003'600;  // an hour ahead of ours
  http_.reply("GET", "https://w/x", limited);
  http_.reply("GET", "https://w/x", response(200));
  EXPECT_EQ(send().status, 200);
  EXPECT_EQ(clock_.slept, std::vector<std::int64_t>{3'000});
}

TEST_F(RetryingHttpTest, NoAttemptOutlivesTheDeadline) {
  http_.before_reply = [&](const HttpRequest& request) {
    EXPECT_LE(clock_.monotonic + request.timeout_ms, 1'010'000);
    clock_.advance(request.timeout_ms);
  };
  http_.reply("GET", "https://w/x", HttpError(HttpError::Kind::timed_out, "slow"));
  EXPECT_THROW(send(), HttpError);
  EXPECT_LE(clock_.monotonic, 1'010'000);
}

}  // namespace
}  // namespace pglakebase

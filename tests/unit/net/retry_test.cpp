#include "pglakebase/net/retry.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

Attempt attempt(int number, std::int64_t left_ms = 30'000, std::int64_t asked_for_ms = -1,
                unsigned random_permille = 1000) {
  return {number, left_ms, asked_for_ms, random_permille};
}

constexpr std::int64_t k_now_ms = 1'800'000'000'000;  // Fri, 15 Jan 2027 08:00:00 GMT

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(retry_after_ms("0", k_now_ms), 0);
  EXPECT_EQ(retry_after_ms(" 7 ", k_now_ms), 7'000);
  EXPECT_EQ(retry_after_ms("100000", k_now_ms), k_longest_retry_after_ms);
  EXPECT_EQ(retry_after_ms("99999999999999999", k_now_ms), k_longest_retry_after_ms);
}

TEST(RetryAfter, ReadsDates) {
  EXPECT_EQ(retry_after_ms("Fri, 15 Jan 2027 08:00:05 GMT", k_now_ms), 5'000);
  EXPECT_EQ(retry_after_ms("Friday, 15-Jan-27 08:00:05 GMT", k_now_ms), 5'000);
  EXPECT_EQ(retry_after_ms("Fri, 15 Jan 2027 07:00:00 GMT", k_now_ms), 0);
  EXPECT_EQ(retry_after_ms("Sat, 16 Jan 2027 08:00:00 GMT", k_now_ms), k_longest_retry_after_ms);
}

TEST(RetryAfter, YearsThatNoClockShowsAreNoDates) {
  EXPECT_EQ(http_date_s("Fri, 15 Jan 2027 08:00:00 GMT"), k_now_ms / 1000);
  EXPECT_EQ(http_date_s("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (const char* date : {"", "soon", "999999999 Jan 9", "Fri, 15 Jan 10000 08:00:00 GMT"}) {
    EXPECT_EQ(http_date_s(date), -1) << date;
    EXPECT_EQ(retry_after_ms(date, 0), -1) << date;
  }
}

TEST(RetryAfter, RefusesAnythingElse) {
  for (const char* header : {"", "-1", "soon", "1.5", "99999999999999999999"})
    EXPECT_EQ(retry_after_ms(header, k_now_ms), -1) << header;
}

TEST(Retry, WhatCanHealIsTriedAgain) {
  for (const int status : {429, 500, 502, 503, 504})
    EXPECT_GT(delay_after_status(status, attempt(1)), 0) << status;
  for (const int status : {200, 201, 301, 302, 400, 401, 403, 404, 407, 409, 501, 505})
    EXPECT_EQ(delay_after_status(status, attempt(1)), -1) << status;
}

TEST(Retry, PausesDoubleAndAreJittered) {
  EXPECT_EQ(delay_after_status(503, attempt(1, 30'000, -1, 1000)), 200);
  EXPECT_EQ(delay_after_status(503, attempt(1, 30'000, -1, 0)), 100);
  EXPECT_EQ(delay_after_status(503, attempt(2)), 400);
  EXPECT_EQ(delay_after_status(503, attempt(5)), 3'200);
  EXPECT_EQ(delay_after_status(503, attempt(6)), -1);
}

TEST(Retry, WaitsAsLongAsAsked) {
  EXPECT_EQ(delay_after_status(429, attempt(1, 30'000, 5'000, 0)), 5'000);
  EXPECT_GE(delay_after_status(429, attempt(1, 30'000, 5'000, 1000)), 5'000);
}

TEST(Retry, StopsWhereTheDeadlineIsSooner) {
  EXPECT_EQ(delay_after_status(429, attempt(1, 4'000, 5'000, 0)), -1);
  EXPECT_EQ(delay_after_status(503, attempt(1, 300, -1, 1000)), -1);
  EXPECT_EQ(delay_after_status(503, attempt(1, 0)), -1);
}

TEST(Retry, ErrorsByTheirKind) {
  using Kind = HttpError::Kind;
  EXPECT_GT(delay_after_error(Kind::reset, attempt(5)), 0);
  EXPECT_GT(delay_after_error(Kind::timed_out, attempt(1)), 0);
  EXPECT_GT(delay_after_error(Kind::unreachable, attempt(1)), 0);
  EXPECT_EQ(delay_after_error(Kind::unreachable, attempt(2)), -1);
  for (const Kind kind : {Kind::untrusted, Kind::bad_answer, Kind::setup})
    EXPECT_EQ(delay_after_error(kind, attempt(1)), -1);
}

}  // namespace
}  // namespace pglakebase

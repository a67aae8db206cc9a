#include "pglakebase/auth/token_end.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

namespace pglakebase {
namespace {

using nlohmann::json;

constexpr std::int64_t k_moment_ms = 1'771'158'896'000;  // 2026-02-15T12:34:56Z

TEST(ExpiresOn, IsReadInAllItsForms) {
  for (const json& value :
       {json(1'771'158'896), json("1771158896"), json(" 1771158896 "), json("1771158896.25"),
        json("02/15/2026 12:34:56"), json("2/15/2026 12:34:56 PM +00:00"),
        json("02/15/2026 12:34:56 +00:00"), json("2026-02-15 12:34:56"),
        json("2026-02-15T12:34:56Z"), json("2026-02-15T13:34:56+01:00"),
        json("2026-02-15T12:34:56")})
    EXPECT_EQ(parse_expires_on(value), k_moment_ms) << value;
  EXPECT_EQ(parse_expires_on(json(1'771'158'896.5)), k_moment_ms + 500);
}

TEST(ExpiresOn, IsNothingElse) {
  for (const json& value :
       {json(nullptr), json(true), json::array(), json::object(), json(0), json(-5), json(1e300),
        json(""), json("tomorrow"), json("1771158896x"), json("1.2.3"), json("13/45/2026 12:00:00"),
        json("99999999999999999999"), json("-1")})
    EXPECT_EQ(parse_expires_on(value), std::nullopt) << value;
}

TEST(ExpiresIn, IsANumberOrTextWithOne) {
  EXPECT_EQ(parse_expires_in(json(3599)), 3599);
  EXPECT_EQ(parse_expires_in(json("3599")), 3599);
  for (const json& value : {json(0), json(-1), json("x"), json(1.5), json(nullptr)})
    EXPECT_EQ(parse_expires_in(value), std::nullopt) << value;
}

TEST(LocalTime, GoesByTheTimeZone) {
  const char* before = ::getenv("TZ");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("TZ", "UTC-2", 1);
  ::tzset();
  EXPECT_EQ(parse_local_time("2026-02-15 14:34:56.123456"), k_moment_ms);
  EXPECT_EQ(parse_local_time("2026-02-15T14:34:56"), k_moment_ms);
  EXPECT_EQ(parse_local_time("tomorrow"), std::nullopt);
  before != nullptr ? ::setenv("TZ", kept.c_str(), 1) : ::unsetenv("TZ");
  ::tzset();
}

}  // namespace
}  // namespace pglakebase

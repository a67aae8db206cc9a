#include "arguments.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <string>
#include <vector>

#include "env_guard.hpp"
#include "real_libpq.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_keywords[] = {"host", "dbname", nullptr};
constexpr const char* k_values[] = {"h", "user=me port='5 ' host=other", nullptr};

std::vector<std::string> keywords_of(const Arguments& arguments) {
  std::vector<std::string> all;
  for (const char* const* keyword = arguments.keywords(); *keyword != nullptr; ++keyword)
    all.emplace_back(*keyword);
  return all;
}

TEST(Arguments, OursStandBeforeAndBehind) {
  Arguments arguments(k_keywords, k_values);
  arguments.prepend("user", "a");
  arguments.append("password", "b");
  EXPECT_EQ(keywords_of(arguments),
            (std::vector<std::string>{"user", "host", "dbname", "password"}));
  EXPECT_STREQ(arguments.values()[3], "b");
  arguments.reset();
  EXPECT_EQ(keywords_of(arguments), (std::vector<std::string>{"host", "dbname"}));
}

TEST(Arguments, MoreThanThereIsRoomForIsRefused) {
  Arguments behind(k_keywords, k_values);
  int appended = 0;
  for (; behind.ok() && appended < 100; ++appended) behind.append("password", "b");
  EXPECT_FALSE(behind.ok());
  EXPECT_GE(appended, 9);
  Arguments before(k_keywords, k_values);
  for (int i = 0; i < 100; ++i) before.prepend("user", "a");
  EXPECT_FALSE(before.ok());
  EXPECT_EQ(keywords_of(before).back(), "dbname");
}

TEST(CallSettings, TheLastWordCountsBeItInAString) {
  test::CleanEnvironment environment;
  const Libpq libpq = test::real_libpq();
  const CallSettings expanded(libpq, k_keywords, k_values, true);
  EXPECT_EQ(expanded.get("host"), "other");
  EXPECT_EQ(expanded.get("port"), "5 ");
  EXPECT_EQ(expanded.get("service"), "");
  const CallSettings plain(libpq, k_keywords, k_values, false);
  EXPECT_EQ(plain.get("host"), "h");
  EXPECT_EQ(plain.get("user"), "");
}

TEST(CallSettings, AnEmptyValueCountsInAStringAlone) {
  test::CleanEnvironment environment;
  const Libpq libpq = test::real_libpq();
  const char* const keywords[] = {"host", "port", "dbname", "port", nullptr};
  const char* const values[] = {"h", "1", "host='' port=''", "", nullptr};
  const CallSettings settings(libpq, keywords, values, true);
  EXPECT_EQ(settings.get("host"), "");
  EXPECT_EQ(settings.get("port"), "");
  const CallSettings unexpanded(libpq, keywords, values, false);
  EXPECT_EQ(unexpanded.get("host"), "h");
  EXPECT_EQ(unexpanded.get("port"), "1");
}

// What libpq makes of a string is what it says, whichever way it is read here.
TEST(CallSettings, StringsAreReadAsLibpqReadsThem) {
  test::CleanEnvironment environment;
  const Libpq libpq = test::real_libpq();
  for (const char* string :
       {"service=orders", " service = orders  user=ann", "user=a user=b", "user= host=h",
        "user=", "host=a.b-c,d port=1,2 dbname=x=y", "user==", "options=-cgeqo=off user = a",
        "user=a@b", "user='a b'", "user=a\\ b", "user=a\tport=5", "host=/tmp user=+1:2",
        "postgres://ann@h/db", "postgresql://h:5/db?user=x", "application_name=postgres=1"}) {
    char* error = nullptr;
    PQconninfoOption* told = ::PQconninfoParse(string, &error);
    ASSERT_NE(told, nullptr) << string << ": " << error;
    for (const char* keyword : {"service", "user", "host", "port", "options"}) {
      const char* const keywords[] = {keyword, "dbname", nullptr};
      const char* const values[] = {"given", string, nullptr};
      const CallSettings settings(libpq, keywords, values, true);
      const std::string_view value = option_value(told, keyword);
      EXPECT_EQ(settings.get(keyword), value.data() != nullptr ? value : "given")
          << string << ": " << keyword;
    }
    ::PQconninfoFree(told);
  }
}

}  // namespace
}  // namespace pglakebase

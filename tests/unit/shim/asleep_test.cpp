#include "asleep.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cstring>
#include <string>

namespace pglakebase {
namespace {

constexpr int k_libpq = 150000;

// As libpq 14 and later begin the message of each attempt.
std::string at(const std::string& what, const std::string& host = "ep-a.database.example") {
  return "connection to server at \"" + host + "\" (127.0.0.1), port 5432 failed: " + what + "\n";
}

const std::string k_refused = at(
    "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?");
const std::string k_dropped =
    at("server closed the connection unexpectedly\n\tThis probably means the server terminated "
       "abnormally\n\tbefore or while processing the request.");
const std::string k_starting = at("FATAL:  the database system is starting up");
const std::string k_no_route = at("Network is unreachable\n\tIs the server running on that host?");
const std::string k_unknown_name =
    "could not translate host name \"ep-a.database.example\" to address: Name or service not "
    "known\n";

bool asleep(const std::string& message, bool unavailable = false) {
  return seems_asleep(message, k_libpq, unavailable);
}

class Asleep : public testing::TestWithParam<std::string> {};
TEST_P(Asleep, Is) {
  EXPECT_TRUE(asleep(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Messages, Asleep,
    testing::Values(k_refused, k_dropped, k_starting, at("Connection timed out"),
                    at("could not receive data from server: Connection reset by peer"),
                    at("SSL SYSCALL error: Connection reset by peer"),
                    at("SSL SYSCALL error: EOF detected"),
                    at("SSL connection has been closed unexpectedly"),
                    at("SSL error: unexpected eof while reading"),
                    at("could not send startup packet: Broken pipe"),
                    at("FATAL:  the database system is shutting down"),
                    at("FATAL:  the database system is not yet accepting connections\n"
                       "DETAIL:  Consistent recovery state has not been yet reached."),
                    k_refused + k_dropped + k_starting, k_no_route + k_refused,
                    k_refused + k_no_route));

class Awake : public testing::TestWithParam<std::string> {};
TEST_P(Awake, OrNothingToWaitFor) {
  EXPECT_FALSE(asleep(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    Messages, Awake,
    testing::Values("", "\n", k_unknown_name, k_no_route, k_no_route + k_unknown_name,
                    at("FATAL:  database \"nowhere\" does not exist"),
                    at("FATAL:  password authentication failed for user \"x\""),
                    at("SSL error: certificate verify failed"), at("timeout expired"),
                    at("session is read-only"), k_refused + k_unknown_name,
                    k_unknown_name + k_refused, k_refused + at("session is read-only"),
                    at("FATAL:  role \"x\" does not exist") + k_starting,
                    "\tIs the server running? Connection refused\n",
                    at("FATAL:  no such thing\nDETAIL:  Connection refused")));

TEST(AsleepByState, DecidesOnTheOneServerThatAnswered) {
  const std::string answer = at("FATAL:  the compute node cannot be reached");
  EXPECT_FALSE(asleep(answer));
  EXPECT_TRUE(asleep(answer, true));
  // It may be the state of either, or of an earlier one.
  EXPECT_FALSE(asleep(answer + at("FATAL:  another", "ep-b.database.example"), true));
  EXPECT_FALSE(asleep(k_unknown_name, true));
  EXPECT_FALSE(asleep(answer + k_unknown_name, true));
}

// libc's own words: any language will do that is installed; without one, its English stands.
TEST(AsleepInAnotherLanguage, TheErrorsNamesAreThoseOfTheLocale) {
  const char* before = std::setlocale(LC_MESSAGES, nullptr);
  const std::string restored = before != nullptr ? before : "C";
  for (const char* locale : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.UTF-8"}) {
    if (std::setlocale(LC_ALL, locale) == nullptr) continue;
    EXPECT_TRUE(
        asleep("Verbindung zum Server: " + std::string(std::strerror(ECONNREFUSED)) + "\n"));
    EXPECT_TRUE(asleep("Verbindung zum Server: Connection refused\n"));
  }
  std::setlocale(LC_ALL, restored.c_str());
}

}  // namespace
}  // namespace pglakebase

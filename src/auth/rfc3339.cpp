#include "pglakebase/auth/rfc3339.hpp"

#include <chrono>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Exactly `digits` decimal digits off the front.
bool take_digits(std::string_view& rest, std::size_t digits, int& value) {
  if (rest.size() < digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (rest[i] < '0' || rest[i] > '9') return false;
    value = value * 10 + (rest[i] - '0');
  }
  rest.remove_prefix(digits);
  return true;
}

bool take_char(std::string_view& rest, char c) {
  if (rest.empty() || ascii_lower(rest[0]) != c) return false;
  rest.remove_prefix(1);
  return true;
}

bool take_fraction(std::string_view& rest, int& milliseconds) {
  milliseconds = 0;
  if (!take_char(rest, '.')) return true;
  std::size_t digits = 0;
  for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits)
    if (digits < 3) milliseconds = milliseconds * 10 + (rest[digits] - '0');
  for (std::size_t missing = digits; missing < 3; ++missing) milliseconds *= 10;
  rest.remove_prefix(digits);
  return digits > 0;
}

bool take_offset(std::string_view& rest, int& minutes) {
  minutes = 0;
  if (take_char(rest, 'z')) return true;
  const bool west = take_char(rest, '-');
  if (!west && !take_char(rest, '+')) return false;
  int hour = 0;
  int minute = 0;
  if (!take_digits(rest, 2, hour) || !take_char(rest, ':') || !take_digits(rest, 2, minute) ||
      hour > 23 || minute > 59)
    return false;
  minutes = (west ? -1 : 1) * (hour * 60 + minute);
  return true;
}

}  // namespace

std::optional<std::int64_t> parse_rfc3339(std::string_view text) {
  namespace time = std::chrono;
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int milliseconds = 0;
  int offset = 0;
  if (!take_digits(text, 4, year) || !take_char(text, '-') || !take_digits(text, 2, month) ||
      !take_char(text, '-') || !take_digits(text, 2, day) ||
      !(take_char(text, 't') || take_char(text, ' ')) || !take_digits(text, 2, hour) ||
      !take_char(text, ':') || !take_digits(text, 2, minute) || !take_char(text, ':') ||
      !take_digits(text, 2, second) || !take_fraction(text, milliseconds) ||
      !take_offset(text, offset) || !text.empty())
    return std::nullopt;
  const time::year_month_day date{time::year(year), time::month(static_cast<unsigned>(month)),
                                  time::day(static_cast<unsigned>(day))};
  // 60 is a leap second.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  const time::sys_time<time::milliseconds> moment =
      time::sys_days(date) + time::hours(hour) + time::minutes(minute - offset) +
      time::seconds(second) + time::milliseconds(milliseconds);
  return moment.time_since_epoch().count();
}

}  // namespace pglakebase

#include "pglakebase/auth/token_end.hpp"

#include <cmath>
#include <ctime>
#include <string>

#include "pglakebase/auth/rfc3339.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Later than anybody lives; a double holds it exactly.
constexpr double k_latest_s = 1e11;

std::optional<std::int64_t> from_seconds(double seconds) {
  if (!std::isfinite(seconds) || seconds <= 0 || seconds > k_latest_s) return std::nullopt;
  return static_cast<std::int64_t>(seconds * 1000);
}

// All of the text must be read.
bool read(const std::string& text, const char* format, std::tm& time) {
  time = {};
  const char* end = ::strptime(text.c_str(), format, &time);
  return end != nullptr && *end == '\0';
}

std::optional<std::int64_t> from_number(std::string_view text) {
  if (text.empty() || text.size() > 24 ||
      text.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  // std::stod would go by the locale's decimal point.
  std::int64_t whole = 0;
  const std::size_t dot = text.find('.');
  if (!parse_number(text.substr(0, dot), whole)) return std::nullopt;
  if (dot != std::string_view::npos && text.substr(dot + 1).find('.') != std::string_view::npos)
    return std::nullopt;
  return from_seconds(static_cast<double>(whole));
}

}  // namespace

std::optional<std::int64_t> parse_expires_on(const nlohmann::json& value) {
  if (value.is_number()) return from_seconds(value.get<double>());
  if (!value.is_string()) return std::nullopt;
  const std::string text(trim(value.get_ref<const std::string&>()));
  if (const auto number = from_number(text)) return number;
  if (const auto time = parse_rfc3339(text)) return time;
  std::string plain = text;
  for (const char* utc : {" +00:00", "+00:00", " UTC", "Z"})
    if (plain.ends_with(utc)) {
      plain.resize(plain.size() - std::char_traits<char>::length(utc));
      break;
    }
  std::tm time{};
  for (const char* format :
       {"%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"})
    if (read(plain, format, time)) return from_seconds(static_cast<double>(::timegm(&time)));
  return std::nullopt;
}

std::optional<std::int64_t> parse_expires_in(const nlohmann::json& value) {
  std::int64_t seconds = 0;
  if (value.is_number_integer())
    seconds = value.get<std::int64_t>();
  else if (!value.is_string() || !parse_number(value.get_ref<const std::string&>(), seconds))
    return std::nullopt;
  return seconds > 0 && seconds < static_cast<std::int64_t>(k_latest_s) ? std::optional(seconds)
                                                                        : std::nullopt;
}

std::optional<std::int64_t> parse_local_time(std::string_view text) {
  const std::string whole(text.substr(0, text.find('.')));
  std::tm time{};
  if (!read(whole, "%Y-%m-%d %H:%M:%S", time) && !read(whole, "%Y-%m-%dT%H:%M:%S", time))
    return std::nullopt;
  time.tm_isdst = -1;
  return from_seconds(static_cast<double>(::mktime(&time)));
}

}  // namespace pglakebase

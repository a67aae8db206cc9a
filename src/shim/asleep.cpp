#include "asleep.hpp"

#include <libintl.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

bool holds(std::string_view line, std::string_view words) {
  return !words.empty() && line.find(words) != std::string_view::npos;
}

bool names_error(std::string_view line, int error, std::string_view english) {
  char buffer[128];
  return holds(line, english) || holds(line, ::strerror_r(error, buffer, sizeof buffer));
}

// libpq 14 and 15 end these with a line feed, later ones do not; their catalogues follow.
constexpr const char* k_libpqs_words[] = {
    ("server closed the connection unexpectedly\n\tThis probably means the server terminated "
     "abnormally\n\tbefore or while processing the request.\n"),
    "SSL SYSCALL error: EOF detected\n",
    "SSL connection has been closed unexpectedly\n",
};
constexpr std::size_t k_longest = 160;
static_assert(std::string_view(k_libpqs_words[0]).size() < k_longest &&
              std::string_view(k_libpqs_words[1]).size() < k_longest &&
              std::string_view(k_libpqs_words[2]).size() < k_longest);

bool holds_first_line(std::string_view line, std::string_view words) {
  return holds(line, slice(words, 0, words.find('\n')));
}

bool was_dropped(std::string_view line, const char* catalogue) {
  for (const char* words : k_libpqs_words) {
    char without_end[k_longest];
    const std::size_t size = std::strlen(words) - 1;
    std::memcpy(without_end, words, size);
    without_end[size] = '\0';
    if (holds_first_line(line, words) || holds_first_line(line, ::dgettext(catalogue, words)) ||
        holds_first_line(line, ::dgettext(catalogue, without_end)))
      return true;
  }
  return holds(line, "unexpected eof while reading") ||
         names_error(line, ECONNRESET, "Connection reset by peer") ||
         names_error(line, EPIPE, "Broken pipe") ||
         names_error(line, ECONNABORTED, "Software caused connection abort");
}

bool is_up(std::string_view line, const char* catalogue) {
  return !names_error(line, ECONNREFUSED, "Connection refused") &&
         !names_error(line, ETIMEDOUT, "Connection timed out") &&
         !holds(line, "FATAL:  the database system is ") && !was_dropped(line, catalogue);
}

bool has_no_route(std::string_view line) {
  return names_error(line, ENETUNREACH, "Network is unreachable") ||
         names_error(line, EHOSTUNREACH, "No route to host") ||
         names_error(line, EADDRNOTAVAIL, "Cannot assign requested address");
}

}  // namespace

bool seems_asleep(std::string_view message, int libpq_version, bool unavailable) {
  // PG_TEXTDOMAIN("libpq").
  char catalogue[32];
  std::snprintf(catalogue, sizeof catalogue, "libpq5-%d", libpq_version / 10000);
  int attempts = 0;
  int asleep = 0;
  int unclear = 0;
  std::string_view line;
  while (take_until(message, '\n', line)) {
    // More about the attempt before.
    if (line.empty() || line.front() == '\t' || starts_with(line, "DETAIL:  ") ||
        starts_with(line, "HINT:  "))
      continue;
    if (has_no_route(line)) continue;
    ++attempts;
    if (!is_up(line, catalogue))
      ++asleep;
    else if (holds(line, "FATAL:  "))
      ++unclear;
  }
  if (unavailable && attempts == 1 && unclear == 1) return true;
  return attempts > 0 && asleep == attempts;
}

}  // namespace pglakebase

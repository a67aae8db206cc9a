#include "pglakebase/auth/identity_token.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/text.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_token = 16 * 1024;
constexpr std::size_t k_longest_file = 64 * 1024;

bool looks_like_a_token(std::string_view text) {
  return !text.empty() && text.size() <= k_longest_token &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

std::string identity_token(std::string_view text, const std::string& origin) {
  const std::string_view token = trim(text);
  if (!looks_like_a_token(token))
    throw ConfigError(
        "the identity token from " + origin + " is none (" +
            (token.empty() ? "it is empty" : "it is too long, or blanks stand in it") +
            "); let your identity provider write it there anew",
        ConfigError::k_file_hold_ms);
  return std::string(token);
}

std::string identity_token_file(const std::string& path, const std::string& origin) {
  Text text;
  errno = 0;
  if (!read_regular_file(path.c_str(), k_longest_file, text))
    throw ConfigError("the identity token in " + path + " (from " + origin + ") cannot be read (" +
                          (errno != 0 ? std::strerror(errno) : "not a file, or far too long") +
                          "); check the path and the file's mode",
                      ConfigError::k_file_hold_ms);
  return identity_token(text.view(), path + " (from " + origin + ")");
}

}  // namespace pglakebase

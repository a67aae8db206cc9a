// The schema put into libpq's `options`: the options, then the schema. The server's own way to take
// them apart must find the schema, and leave the caller's options as they were.
#include "search_path.hpp"

#include <vector>

#include "fuzz.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// As the server splits them (pg_split_opts() in postinit.c): at blanks, a backslash takes away the
// meaning of what follows.
std::vector<std::string> split_options(std::string_view options) {
  std::vector<std::string> parts;
  std::size_t i = 0;
  while (true) {
    while (i < options.size() && is_blank(options[i])) ++i;
    if (i == options.size()) return parts;
    std::string part;
    bool escaped = false;
    for (; i < options.size() && (escaped || !is_blank(options[i])); ++i) {
      if (!escaped && options[i] == '\\') {
        escaped = true;
        continue;
      }
      escaped = false;
      part += options[i];
    }
    parts.push_back(part);
  }
}

// `"a""b"` means a"b.
std::string identifier(std::string_view quoted) {
  FUZZ_CHECK(quoted.size() >= 2 && quoted.front() == '"' && quoted.back() == '"');
  quoted = quoted.substr(1, quoted.size() - 2);
  std::string name;
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    if (quoted[i] == '"') {
      FUZZ_CHECK(i + 1 < quoted.size() && quoted[i + 1] == '"');
      ++i;
    }
    name += quoted[i];
  }
  return name;
}

// What the server reads as a word about search_path: -c NAME=…, -cNAME=…, --NAME=…; the case does
// not count, and "-" stands for "_".
bool sets_search_path(const std::vector<std::string>& parts) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string_view word = parts[i];
    if (word == "-c" && i + 1 < parts.size())
      word = parts[++i];
    else if (starts_with(word, "-c") || starts_with(word, "--"))
      word.remove_prefix(2);
    else
      continue;
    std::string name;
    for (const char c : word.substr(0, word.find('='))) name += c == '-' ? '_' : ascii_lower(c);
    if (name == "search_path") return true;
  }
  return false;
}

}  // namespace

void run(std::string_view input) {
  const std::string given = c_string(take_line(input));
  const std::string schema = c_string(input);
  std::vector<std::string> before = split_options(given);
  Text options(given);
  if (!append_search_path(options, schema)) {
    FUZZ_CHECK(options.view() == given);
    return;
  }
  // The caller's own word stands.
  FUZZ_CHECK(!sets_search_path(before));
  std::vector<std::string> after = split_options(options.view());
  // A lone backslash at the end is an empty word to the server, and an error.
  if (!before.empty() && before.back().empty()) before.pop_back();
  FUZZ_CHECK(after.size() == before.size() + 2);
  const std::size_t ours = after.size() - 2;
  FUZZ_CHECK(after[ours] == "-c");
  constexpr std::string_view name = "search_path=";
  FUZZ_CHECK(starts_with(after[ours + 1], name));
  FUZZ_CHECK(identifier(std::string_view(after[ours + 1]).substr(name.size())) == schema);
  const auto first = after.begin() + static_cast<std::ptrdiff_t>(ours);
  after.erase(first, first + 2);
  FUZZ_CHECK(after == before);
}

}  // namespace pglakebase::fuzz

#include "arguments.hpp"

#include <cstdlib>
#include <cstring>

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Without quotes, escapes and whatever else has a meaning to libpq's parser but words, blanks and
// equals signs: nearly all are.
bool is_plain(std::string_view text) {
  if (starts_with(text, "postgres")) return false;
  for (const char c : text) {
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!letter && !(c >= '+' && c <= ':') && c != ' ' && c != '=' && c != '_') return false;
  }
  return true;
}

void skip_blanks(std::string_view& rest) {
  while (rest.starts_with(' ')) rest.remove_prefix(1);
}

// As libpq reads such a string: blanks may stand around the equals sign, and the last word counts.
// A view without data if the string does not say.
std::string_view plain_value(std::string_view rest, std::string_view keyword) {
  std::string_view last;
  for (;;) {
    skip_blanks(rest);
    const std::string_view name = slice(rest, 0, rest.find_first_of(" ="));
    rest.remove_prefix(name.size());
    skip_blanks(rest);
    if (!rest.starts_with('=')) return last;
    rest.remove_prefix(1);
    skip_blanks(rest);
    const std::size_t size = rest.find(' ');
    const std::string_view value(rest.data(), size < rest.size() ? size : rest.size());
    rest.remove_prefix(value.size());
    if (name == keyword) last = value;
  }
}

}  // namespace

bool is_connection_string(std::string_view text) {
  return starts_with(text, "postgresql://") || starts_with(text, "postgres://") ||
         text.find('=') != std::string_view::npos;
}

Arguments::Arguments(const char* const* keywords, const char* const* values) {
  std::size_t count = 0;
  while (keywords[count] != nullptr) ++count;
  const std::size_t slots = count + k_room + 1;
  keywords_ = static_cast<const char**>(std::calloc(slots, sizeof *keywords_));
  values_ = static_cast<const char**>(std::calloc(slots, sizeof *values_));
  ok_ = keywords_ != nullptr && values_ != nullptr;
  if (!ok_) return;
  callers_first_ = k_room / 4;
  callers_end_ = callers_first_ + count;
  std::memcpy(keywords_ + callers_first_, keywords, count * sizeof *keywords);
  std::memcpy(values_ + callers_first_, values, count * sizeof *values);
  reset();
}

Arguments::~Arguments() {
  std::free(keywords_);
  std::free(values_);
}

void Arguments::append(const char* keyword, const char* value) {
  if (!ok_ || end_ - callers_end_ >= k_room - k_room / 4) {
    ok_ = false;
    return;
  }
  keywords_[end_] = keyword;
  values_[end_] = value;
  ++end_;
}

void Arguments::prepend(const char* keyword, const char* value) {
  if (!ok_ || first_ == 0) {
    ok_ = false;
    return;
  }
  --first_;
  keywords_[first_] = keyword;
  values_[first_] = value;
}

void Arguments::reset() {
  for (std::size_t i = callers_end_; i < end_; ++i) keywords_[i] = values_[i] = nullptr;
  first_ = callers_first_;
  end_ = callers_end_;
}

CallSettings::CallSettings(const Libpq& libpq, const char* const* keywords,
                           const char* const* values, bool expand_dbname)
    : libpq_(libpq), keywords_(keywords), values_(values) {
  while (keywords[count_] != nullptr) ++count_;
  if (!expand_dbname) return;
  // Like libpq, looks at the first dbname that has a value.
  for (std::size_t i = 0; i < count_; ++i) {
    if (std::strcmp(keywords[i], "dbname") != 0 || values[i] == nullptr) continue;
    if (is_connection_string(values[i])) {
      string_at_ = i;
      if (is_plain(values[i])) {
        plain_string_ = values[i];
        return;
      }
      char* error = nullptr;
      string_ = libpq.conninfoParse(values[i], &error);
      if (error != nullptr) libpq.freemem(error);
    }
    return;
  }
}

CallSettings::~CallSettings() {
  if (string_ != nullptr) libpq_.conninfoFree(string_);
}

std::string_view CallSettings::get(std::string_view keyword) const {
  std::string_view last;
  for (std::size_t i = 0; i < count_; ++i) {
    if (i == string_at_) {
      // Here libpq takes an empty value too, where an empty argument says nothing.
      const std::string_view value = plain_string_.empty() ? option_value(string_, keyword)
                                                           : plain_value(plain_string_, keyword);
      if (value.data() != nullptr) last = value;
    } else if (keyword == keywords_[i] && values_[i] != nullptr && values_[i][0] != '\0') {
      last = values_[i];
    }
  }
  return last;
}

namespace {

// Called for a dozen of the forty options of each connection.
const PQconninfoOption* find_option(const PQconninfoOption* options, std::string_view keyword) {
  for (; options != nullptr && options->keyword != nullptr; ++options)
    if (options->keyword[0] == keyword.front() && keyword == options->keyword) return options;
  return nullptr;
}

}  // namespace

std::string_view option_value(const PQconninfoOption* options, std::string_view keyword) {
  const PQconninfoOption* option = find_option(options, keyword);
  return option != nullptr && option->val != nullptr ? option->val : std::string_view{};
}

bool knows_option(const PQconninfoOption* options, std::string_view keyword) {
  return find_option(options, keyword) != nullptr;
}

}  // namespace pglakebase

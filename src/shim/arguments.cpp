#include "arguments.hpp"

#include <cstdlib>
#include <cstring>

#include "pglakebase/core/view.hpp"

namespace pglakebase {

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
      char* error = nullptr;
      string_ = libpq.conninfoParse(values[i], &error);
      if (error != nullptr) libpq.freemem(error);
      string_at_ = i;
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
      if (const std::string_view value = option_value(string_, keyword); value.data() != nullptr)
        last = value;
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

#pragma once

#include <cstddef>
#include <string_view>

#include "libpq.hpp"

namespace pglakebase {

/// Is it a conninfo string or a URI, as libpq tells (recognized_connection_string() in
/// fe-connect.c)? Anything else is a database name.
bool is_connection_string(std::string_view text);

/// Keyword and value arrays for libpq's …Params functions: the caller's, with ours before or behind
/// them. Holds pointers only; what they point to must live as long.
class Arguments {
 public:
  Arguments(const char* const* keywords, const char* const* values);
  ~Arguments();
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  /// Behind all others: wins over everything the caller says.
  void append(const char* keyword, const char* value);
  /// Before all others: the caller's own word wins over it.
  void prepend(const char* keyword, const char* value);
  /// Takes all that was appended or prepended away again.
  void reset();

  bool ok() const { return ok_; }
  const char* const* keywords() const { return keywords_ + first_; }
  const char* const* values() const { return values_ + first_; }

 private:
  static constexpr std::size_t k_room = 12;  // for ours, on both ends together

  const char** keywords_ = nullptr;
  const char** values_ = nullptr;
  std::size_t callers_first_ = 0;
  std::size_t callers_end_ = 0;
  std::size_t first_ = 0;
  std::size_t end_ = 0;
  bool ok_ = true;
};

/// What the call itself says of one keyword, be it in the arrays or in a string expanded from them;
/// service file and environment do not count. Only the last word counts. What is appended to the
/// arrays later is not the call's.
class CallSettings {
 public:
  CallSettings(const Libpq& libpq, const char* const* keywords, const char* const* values,
               bool expand_dbname);
  ~CallSettings();
  CallSettings(const CallSettings&) = delete;
  CallSettings& operator=(const CallSettings&) = delete;

  /// False where libpq cannot read the call's string, for whatever reason.
  bool ok() const {
    return string_at_ == k_no_string || !plain_string_.empty() || string_ != nullptr;
  }
  /// Empty if the call does not say.
  std::string_view get(std::string_view keyword) const;

 private:
  static constexpr std::size_t k_no_string = static_cast<std::size_t>(-1);

  const Libpq& libpq_;
  const char* const* keywords_;
  const char* const* values_;
  std::size_t count_ = 0;
  std::size_t string_at_ = k_no_string;
  std::string_view plain_string_;       // one that needs no libpq to be read
  PQconninfoOption* string_ = nullptr;  // any other
};

/// The value of a keyword in libpq's answer; empty if unset.
std::string_view option_value(const PQconninfoOption* options, std::string_view keyword);
/// Does this libpq know the keyword at all?
bool knows_option(const PQconninfoOption* options, std::string_view keyword);

}  // namespace pglakebase

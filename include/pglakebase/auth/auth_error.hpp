#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pglakebase {

/// A sign-in or a call of the workspace's API that failed. what() is the sentence for the user; no
/// byte of a response's body stands in it but a short error code.
class AuthError : public std::runtime_error {
 public:
  /// `permanent`: asking again changes nothing until a setting changes. `hold_ms`: nobody asks
  /// again before. `status`: the HTTP status, 0 if there was none.
  AuthError(const std::string& what, bool permanent, std::int64_t hold_ms, int status = 0)
      : std::runtime_error(what), permanent_(permanent), hold_ms_(hold_ms), status_(status) {}

  bool permanent() const { return permanent_; }
  std::int64_t hold_ms() const { return hold_ms_; }
  int status() const { return status_; }
  /// Stamps of the files that are at fault, as HttpError has them.
  const std::string& files() const { return files_; }
  void set_files(const std::string& files) { files_ = files; }

  static constexpr std::int64_t k_permanent_hold_ms = 10'000;
  static constexpr std::int64_t k_outage_hold_ms = 5'000;
  static constexpr std::int64_t k_unreachable_hold_ms = 2'000;

 private:
  bool permanent_;
  std::int64_t hold_ms_;
  int status_;
  std::string files_;
};

}  // namespace pglakebase

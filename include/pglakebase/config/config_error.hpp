#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pglakebase {

/// Settings that cannot work. what() is the sentence for the user: what, why, what to do.
class ConfigError : public std::runtime_error {
 public:
  /// `hold_ms`: how long nobody need look again. Short where a file is at fault, which may be
  /// mended at any moment.
  explicit ConfigError(const std::string& what, std::int64_t hold_ms = k_hold_ms)
      : std::runtime_error(what), hold_ms_(hold_ms) {}
  std::int64_t hold_ms() const { return hold_ms_; }
  /// Stamps of the files that had been read by then: another state of them is another case.
  const std::string& files() const { return files_; }
  void set_files(const std::string& files) { files_ = files; }

  static constexpr std::int64_t k_hold_ms = 10'000;
  static constexpr std::int64_t k_file_hold_ms = 2'000;

 private:
  std::int64_t hold_ms_;
  std::string files_;
};

}  // namespace pglakebase

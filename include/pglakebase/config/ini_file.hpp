#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pglakebase {

/// A ~/.databrickscfg, read as the Databricks SDKs read it: `key = value` or `key: value`, quotes
/// around a value, comments on lines of their own or after a blank, a later value replaces an
/// earlier one. Keys before the first section belong to DEFAULT.
class IniFile {
 public:
  using Section = std::vector<std::pair<std::string, std::string>>;

  /// Throws ConfigError with `file` and the line's number, never with its content.
  static IniFile parse(std::string_view text, const std::string& file);

  /// Null if there is none.
  const Section* find(std::string_view section) const;
  /// Null if the section or the key is not there.
  const std::string* find(std::string_view section, std::string_view key) const;
  /// The names, in order.
  std::vector<std::string> sections() const;

 private:
  Section& section(std::string_view name);

  std::vector<std::pair<std::string, Section>> sections_;
};

}  // namespace pglakebase

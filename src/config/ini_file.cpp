#include "pglakebase/config/ini_file.hpp"

#include <algorithm>

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::string_view k_byte_order_mark = "\xef\xbb\xbf";

bool is_comment(std::string_view text) {
  return text.starts_with('#') || text.starts_with(';');
}

// Up to a '#' or ';' with a blank before it.
std::string_view without_comment(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i)
    if (is_comment(text.substr(i)) && (text[i - 1] == ' ' || text[i - 1] == '\t'))
      return trim(text.substr(0, i));
  return text;
}

std::string_view value_of(std::string_view text) {
  text = trim(text);
  if (is_comment(text)) return {};
  if (!text.empty() && (text[0] == '"' || text[0] == '\'' || text[0] == '`')) {
    const std::size_t end = text.find(text[0], 1);
    if (end != std::string_view::npos) {
      const std::string_view rest = trim(text.substr(end + 1));
      if (rest.empty() || is_comment(rest)) return text.substr(1, end - 1);
    }
  }
  return without_comment(text);
}

[[noreturn]] void broken(const std::string& file, std::size_t line, const char* why) {
  throw ConfigError(file + " cannot be read: line " + std::to_string(line) + " " + why +
                        "; correct it (databricks configure writes such files)",
                    ConfigError::k_file_hold_ms);
}

}  // namespace

IniFile IniFile::parse(std::string_view text, const std::string& file) {
  IniFile ini;
  if (text.starts_with(k_byte_order_mark)) text.remove_prefix(k_byte_order_mark.size());
  std::string current = "DEFAULT";
  std::string_view line;
  for (std::size_t number = 1; take_until(text, '\n', line); ++number) {
    if (line.find('\0') != std::string_view::npos) broken(file, number, "holds a NUL byte");
    line = trim(line);
    if (line.empty() || is_comment(line)) continue;
    if (line.front() == '[') {
      const std::size_t end = line.find(']');
      if (end == std::string_view::npos) broken(file, number, "has a \"[\" without a \"]\"");
      const std::string_view rest = trim(line.substr(end + 1));
      if (!rest.empty() && !is_comment(rest)) broken(file, number, "goes on after a \"]\"");
      current = trim(line.substr(1, end - 1));
      ini.section(current);
      continue;
    }
    const std::size_t delimiter = line.find_first_of("=:");
    if (delimiter == std::string_view::npos || delimiter == 0)
      broken(file, number, "is no \"key = value\"");
    const std::string key(trim(line.substr(0, delimiter)));
    Section& section = ini.section(current);
    const auto known =
        std::find_if(section.begin(), section.end(), [&](const auto& e) { return e.first == key; });
    const std::string_view value = value_of(line.substr(delimiter + 1));
    if (known != section.end())
      known->second = value;
    else
      section.emplace_back(key, value);
  }
  return ini;
}

IniFile::Section& IniFile::section(std::string_view name) {
  for (auto& [known, content] : sections_)
    if (known == name) return content;
  return sections_.emplace_back(name, Section{}).second;
}

const IniFile::Section* IniFile::find(std::string_view section) const {
  for (const auto& [known, content] : sections_)
    if (known == section) return &content;
  return nullptr;
}

const std::string* IniFile::find(std::string_view section, std::string_view key) const {
  const Section* content = find(section);
  if (content == nullptr) return nullptr;
  for (const auto& [known, value] : *content)
    if (known == key) return &value;
  return nullptr;
}

std::vector<std::string> IniFile::sections() const {
  std::vector<std::string> names;
  for (const auto& entry : sections_) names.push_back(entry.first);
  return names;
}

}  // namespace pglakebase

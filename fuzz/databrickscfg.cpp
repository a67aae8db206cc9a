// ~/.databrickscfg.
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/ini_file.hpp"

#include "fuzz.hpp"

namespace pglakebase::fuzz {
namespace {

// Each value in a kind of quotes that it does not hold; empty where it holds all.
std::string quoted(const std::string& value) {
  for (const char quote : {'"', '\'', '`'})
    if (value.find(quote) == std::string::npos) return quote + value + quote;
  return {};
}

}  // namespace

void run(std::string_view input) {
  try {
    const IniFile ini = IniFile::parse(input, "/f");
    std::string text;
    for (const std::string& name : ini.sections()) {
      const IniFile::Section* section = ini.find(name);
      FUZZ_CHECK(section != nullptr);
      FUZZ_CHECK(name.find('\n') == std::string::npos && name.find(']') == std::string::npos);
      text += "[" + name + "]\n";
      for (const auto& [key, value] : *section) {
        FUZZ_CHECK(value.find('\n') == std::string::npos);
        FUZZ_CHECK(*ini.find(name, key) == value);
        if (quoted(value).empty()) return;
        text.append(key).append(" = ").append(quoted(value)).append("\n");
      }
    }
    const IniFile again = IniFile::parse(text, "/f");
    FUZZ_CHECK(again.sections() == ini.sections());
    for (const std::string& name : ini.sections()) FUZZ_CHECK(*again.find(name) == *ini.find(name));
  } catch (const ConfigError& error) {
    // The file holds secrets: only the number of a line may be told.
    const std::string_view what = error.what();
    FUZZ_CHECK(what.starts_with("/f cannot be read: line ") && what.size() < 150);
  }
}

}  // namespace pglakebase::fuzz

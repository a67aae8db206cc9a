#include "pglakebase/config/profile.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/ini_file.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/file_io.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_file_limit = 1024 * 1024;
constexpr const char* k_settings_section = "__settings__";

ConfigError file_error(const std::string& what) {
  return ConfigError(what, ConfigError::k_file_hold_ms);
}

bool absent(const std::string& file) {
  struct stat st {};
  return ::stat(file.c_str(), &st) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

std::string listed(const IniFile& ini) {
  std::string names;
  for (const std::string& name : ini.sections()) {
    if (name == k_settings_section) continue;
    if (names.size() > 200) return names + ", …";
    names += (names.empty() ? "" : ", ") + name;
  }
  return names;
}

}  // namespace

Profile load_profile(const std::string& file, const std::string& asked_for,
                     const std::string& asked_by, bool may_lack_file, std::string& stamp) {
  Text line;
  append_file_stamp(line, file);
  stamp = line.view();

  Profile profile{asked_for, file, {}};
  if (absent(file)) {
    if (asked_for.empty() || may_lack_file) return profile;
    throw file_error("profile " + asked_for + " (from " + asked_by + ") cannot be read: " + file +
                     " does not exist; create it with \"databricks configure --profile " +
                     asked_for + "\"");
  }
  Text text;
  if (!read_regular_file(file.c_str(), k_file_limit, text))
    throw file_error(file +
                     " cannot be read: it must be a file of at most 1 MiB that you may "
                     "read; check its owner and mode");
  const IniFile ini = IniFile::parse(text.view(), file);

  std::string by = asked_by;
  if (profile.name.empty()) {
    if (const std::string* chosen = ini.find(k_settings_section, "default_profile")) {
      profile.name = *chosen;
      by = "default_profile in " + file;
    }
  }
  const bool named = !profile.name.empty();
  if (!named) profile.name = "DEFAULT";
  if (profile.name == k_settings_section)
    throw file_error("profile __settings__ (from " + by +
                     ") is no profile but a reserved section "
                     "of " +
                     file + "; name another");
  const IniFile::Section* section = ini.find(profile.name);
  if (section == nullptr || section->empty()) {
    if (!named) return profile;
    const std::string names = listed(ini);
    throw file_error(file + " has no " + profile.name + " profile configured (from " + by + "); " +
                     (names.empty() ? "it has none at all, \"databricks configure\" makes one"
                                    : "name one of those it has: " + names));
  }
  profile.values = *section;
  return profile;
}

}  // namespace pglakebase

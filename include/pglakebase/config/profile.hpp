#pragma once

#include <string>
#include <utility>
#include <vector>

namespace pglakebase {

/// One profile of a ~/.databrickscfg.
struct Profile {
  std::string name;
  std::string file;
  std::vector<std::pair<std::string, std::string>> values;  ///< key of the file, value
};

/// Reads the profile `asked_for`; if that is empty, the file's default_profile, else DEFAULT, of
/// which the last need not exist. `asked_by` says for messages who asked. `stamp` takes the state
/// of the file before it was read. `may_lack_file`: where there is no file at all, the profile is
/// empty. Throws ConfigError.
Profile load_profile(const std::string& file, const std::string& asked_for,
                     const std::string& asked_by, bool may_lack_file, std::string& stamp);

}  // namespace pglakebase

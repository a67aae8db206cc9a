#include "pglakebase/config/settings.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "pglakebase/config/attributes.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/entra_client.hpp"
#include "pglakebase/config/profile.hpp"
#include "pglakebase/config/workspace_host.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// "false" stands for unset where a switch is meant (Go's zero value).
bool says_something(std::string_view input, std::string_view value) {
  return !value.empty() &&
         !(input == "azure_use_msi" && (equals_ignoring_case(value, "false") ||
                                        equals_ignoring_case(value, "f") || value == "0"));
}

// azidentity's variables are everywhere on Azure: they choose nothing by themselves.
AuthFamily family_of(std::string_view input, const Setting& setting) {
  if (!says_something(input, setting.value)) return {};
  if (setting.level == Level::variable && setting.name.starts_with("AZURE_")) return {};
  return auth_family(input);
}

constexpr std::size_t k_longest_token = 16 * 1024;

constexpr std::string_view k_bound_to_a_workspace[] = {"workspace_id", "account_id",
                                                       "discovery_url"};

}  // namespace

struct Settings::Resolver {
  const RequestDocument& request;
  std::map<Level, Values> levels;
  Settings out;

  void read_directives() {
    for (const auto& [name, value] : request.directives)
      if (find_input(name) != nullptr)
        levels[Level::directive][name] = {value, Level::directive, name, {}};
  }

  // Of several variables for one input the first in the table counts.
  void read_environment() {
    for (const Input& input : inputs()) {
      char buffer[64];
      std::string_view variable;
      for (std::size_t n = 0; input_variable(input, n, buffer, variable); ++n) {
        const auto given = std::find_if(request.environment.begin(), request.environment.end(),
                                        [&](const auto& entry) { return entry.name == variable; });
        if (given == request.environment.end()) continue;
        const Level level =
            variable.starts_with("PGLAKEBASE_") ? Level::own_variable : Level::variable;
        levels[level].try_emplace(std::string(input.name()),
                                  Setting{given->value, level, std::string(variable), {}});
      }
    }
  }

  void run() {
    read_directives();
    read_environment();
    const Setting* found = without_profile("profile");
    const Setting chosen = found != nullptr ? *found : Setting{};
    const Setting* choice = found != nullptr ? &chosen : nullptr;
    if (profile_wanted(choice)) read_profile(choice);
    read_user_token_file();
    if (choice != nullptr && chosen.level == Level::directive)
      silence({Level::own_variable, Level::variable});
    if (choice != nullptr && chosen.level == Level::own_variable) silence({Level::variable});
    find_workspaces();
    merge(order(choice));
    take_named_token();
    // A user's token is the only way then.
    if (out.find("user_token") == nullptr) refuse_several_ways();
    check_on_behalf_of();
  }

  // One that the connection itself brought is stronger.
  void read_user_token_file() {
    const Setting* file = without_profile("user_token_file");
    if (file == nullptr || without_profile("user_token") != nullptr) return;
    Text stamp;
    append_file_stamp(stamp, file->value);
    out.files_ += stamp.view();
    Text text;
    if (!read_regular_file(file->value.c_str(), k_longest_token, text))
      throw ConfigError("the user token cannot be read from " + file->value + " (" +
                            file->origin() +
                            "); it must be a file of at most 16 KiB that you may "
                            "read",
                        ConfigError::k_file_hold_ms);
    const std::string_view token = trim(text.view());
    if (token.empty())
      throw ConfigError("the file " + file->value + " (" + file->origin() +
                            ") holds no user token; write one there",
                        ConfigError::k_file_hold_ms);
    levels[file->level]["user_token"] = {std::string(token), file->level, file->name, {}};
  }

  void check_on_behalf_of() const {
    const Setting* setting = out.find("on_behalf_of");
    if (setting == nullptr) return;
    if (setting->value != "required" && setting->value != "allowed")
      throw ConfigError(setting->value + " (from " + setting->origin() +
                        ") is no way to act on behalf of a user; say required or allowed");
    if (setting->value == "required" && out.find("user_token") == nullptr)
      throw ConfigError(
          "no user's token was given, and without one nobody is signed in "
          "(on_behalf_of=required from " +
          setting->origin() +
          "); pass it as the password, name a file in user_token_file, or call "
          "pglakebase_set_user_token()");
  }

  const Setting* strongest(std::string_view input, std::initializer_list<Level> order) const {
    for (const Level level : order) {
      const auto values = levels.find(level);
      if (values == levels.end()) continue;
      const auto found = values->second.find(input);
      if (found != values->second.end()) return &found->second;
    }
    return nullptr;
  }

  const Setting* without_profile(std::string_view input) const {
    return strongest(input, {Level::directive, Level::own_variable, Level::variable});
  }

  // The SDKs' rule: who says where or how does not want a profile that nobody asked for.
  bool profile_wanted(const Setting* chosen) const {
    if (chosen != nullptr) return true;
    if (without_profile("workspace") != nullptr) return false;
    for (const auto& [level, values] : levels)
      for (const auto& [input, setting] : values)
        if (!family_of(input, setting).empty()) return false;
    return true;
  }

  void read_profile(const Setting* chosen) {
    const Setting* file = without_profile("config_file");
    std::string path = file != nullptr ? file->value : "";
    if (path.empty()) {
      if (request.home.empty()) {
        if (chosen == nullptr) return;
        throw ConfigError("profile " + chosen->value + " (from " + chosen->origin() +
                          ") cannot be read: there is no home directory; set HOME or "
                          "DATABRICKS_CONFIG_FILE");
      }
      path = request.home + "/.databrickscfg";
    }
    // The SDKs do without the file of a profile that a variable names; here at least something else
    // must say where and how.
    const bool may_lack_file =
        chosen != nullptr && chosen->level == Level::variable && !profile_wanted(nullptr);
    const Profile profile =
        load_profile(path, chosen != nullptr ? chosen->value : "",
                     chosen != nullptr ? chosen->origin() : "", may_lack_file, out.files_);
    if (profile.values.empty()) return;
    out.profile_ = profile.name + " in " + profile.file;
    out.profile_name_ = profile.name;
    out.profile_file_ = profile.file;
    for (const auto& [key, value] : profile.values) {
      const std::string_view input = input_of_profile_key(key);
      if (!input.empty() && !value.empty())
        levels[Level::profile].insert_or_assign(std::string(input),
                                                Setting{value, Level::profile, key, out.profile_});
    }
  }

  // The families that the profile signs in by; `says` whether it says anything about that.
  std::set<AuthFamily> profile_families(bool& says) const {
    std::set<AuthFamily> families;
    const auto profile = levels.find(Level::profile);
    says = false;
    if (profile == levels.end()) return families;
    for (const auto& [input, setting] : profile->second) {
      AuthFamily family = family_of(input, setting);
      if (input == "auth_type") {
        says = true;
        family = family_of_auth_type(setting.value);
      }
      if (!family.empty()) families.insert(family);
    }
    says = says || !families.empty();
    return families;
  }

  // Takes from the levels below the profile what would sign in by another way than its own.
  void silence(std::initializer_list<Level> weaker) {
    bool says = false;
    const std::set<AuthFamily> families = profile_families(says);
    if (!says) return;
    for (const Level level : weaker)
      std::erase_if(levels[level], [&](const auto& entry) {
        const AuthFamily family = auth_family(entry.first);
        return entry.first == "auth_type" || (!family.empty() && !families.contains(family));
      });
  }

  std::array<Level, 4> order(const Setting* chosen) const {
    using enum Level;
    if (chosen != nullptr && chosen->level == directive)
      return {directive, profile, own_variable, variable};
    if (chosen != nullptr && chosen->level == own_variable)
      return {directive, own_variable, profile, variable};
    return {directive, own_variable, variable, profile};
  }

  // A level's address that is none equals no workspace; only the one that counts must be right.
  void find_workspaces() {
    for (const auto& [level, values] : levels) {
      const auto host = values.find("workspace");
      if (host == values.end()) continue;
      try {
        out.workspaces_[level] = parse_workspace_host(host->second.value, "").url;
      } catch (const ConfigError&) {
        out.workspaces_[level] = "an address that cannot be used";
      }
    }
  }

  void merge(const std::array<Level, 4>& order) {
    for (const Level level : order)
      for (const auto& [input, setting] : levels[level]) out.values_.try_emplace(input, setting);
    const auto token = out.values_.find("token");
    if (token != out.values_.end() && out.get("auth_type").empty() &&
        token_is_ignored(token->second, out.find("key_vault")))
      out.values_.erase(token);
    note_identity_files();
    const Setting* host = out.find("workspace");
    if (host == nullptr) return;
    const WorkspaceHost parsed = parse_workspace_host(host->value, host->origin());
    out.workspace_ = parsed.url;
    // Ids belong to the workspace that they were given with.
    for (const std::string_view input : k_bound_to_a_workspace) {
      const auto found = out.values_.find(input);
      if (found == out.values_.end()) continue;
      const std::string& theirs = out.workspace_of(found->second.level);
      if (!theirs.empty() && theirs != out.workspace_) out.values_.erase(found);
    }
    out.workspace_id_ = out.get("workspace_id");
    if (out.workspace_id_.empty()) out.workspace_id_ = parsed.workspace_id;
    if (out.workspace_id_.find_first_not_of(
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-") != std::string::npos)
      throw ConfigError("the workspace id from " + out.find("workspace_id")->origin() +
                        " is none; it is the number behind ?o= in the workspace's address");
  }

  // oidc_token_env names the only variable that counts.
  void take_named_token() {
    const Setting* named = out.find("oidc_token_env");
    if (named == nullptr) return;
    const std::string variable = named->value;
    out.values_.erase("oidc_token");
    const auto given = std::find_if(request.environment.begin(), request.environment.end(),
                                    [&](const auto& entry) { return entry.name == variable; });
    if (given != request.environment.end())
      out.values_["oidc_token"] = {given->value, Level::variable, variable, {}};
  }

  // Another token in the file may be another identity's: its file counts as configuration.
  void note_identity_files() {
    for (const char* input : {"token", "native_password"}) {
      const std::string_view value = out.get(input);
      constexpr std::string_view reference = "file:";
      if (!value.starts_with(reference)) continue;
      Text line;
      append_file_stamp(line, value.substr(reference.size()));
      out.files_ += line.view();
    }
  }

  void refuse_several_ways() const {
    if (!out.get("auth_type").empty()) return;
    std::map<AuthFamily, std::string> families;
    for (const auto& [input, setting] : out.values_) {
      const AuthFamily family = family_of(input, setting);
      if (!family.empty()) families.try_emplace(family, setting.origin());
    }
    if (families.size() < 2) return;
    std::string names;
    std::string origins;
    for (const auto& [family, origin] : families) {
      names.append(names.empty() ? "" : " and ").append(family);
      origins.append(origins.empty() ? "" : ", ").append(origin);
    }
    throw ConfigError("validate: more than one authorization method configured: " + names + " (" +
                      origins + "); unset one, or choose with auth_type (DATABRICKS_AUTH_TYPE)");
  }
};

Settings Settings::resolve(const RequestDocument& request) {
  Resolver resolver{request, {}, {}};
  try {
    resolver.run();
  } catch (ConfigError& error) {
    error.set_files(resolver.out.files_);
    throw;
  }
  return std::move(resolver.out);
}

const Setting* Settings::find(std::string_view input) const {
  const auto found = values_.find(input);
  return found == values_.end() ? nullptr : &found->second;
}

std::string_view Settings::get(std::string_view input) const {
  const Setting* setting = find(input);
  return setting == nullptr ? std::string_view{} : std::string_view(setting->value);
}

Settings Settings::without(
    const std::function<bool(std::string_view input, const Setting& setting)>& drop) const {
  Settings copy = *this;
  std::erase_if(copy.values_, [&](const auto& entry) { return drop(entry.first, entry.second); });
  return copy;
}

void Settings::use_workspace(const std::string& url, const Setting& told_by) {
  workspace_ = url;
  values_["workspace"] = {url, told_by.level, told_by.name, told_by.profile};
}

const Setting* Settings::secret(std::string_view input) const {
  const Setting* setting = find(input);
  if (setting == nullptr) return nullptr;
  const std::string& theirs = workspace_of(setting->level);
  if (!theirs.empty() && theirs != workspace())
    throw ConfigError("the secret from " + setting->origin() + " belongs to " + theirs +
                      " and is not sent to " + workspace() + " (from " + workspace_origin() +
                      "); give both in the same place");
  return setting;
}

const std::string& Settings::workspace() const {
  if (workspace_.empty())
    throw ConfigError(
        "no Databricks workspace is configured; set DATABRICKS_HOST, or name a profile of "
        "~/.databrickscfg (" +
        std::string(profile_.empty() ? "none is used" : "profile " + profile_ + " has no host") +
        ")");
  return workspace_;
}

std::string Settings::workspace_origin() const {
  const Setting* setting = find("workspace");
  return setting == nullptr ? std::string() : setting->origin();
}

const std::string& Settings::workspace_of(Level level) const {
  static const std::string none;
  const auto found = workspaces_.find(level);
  return found == workspaces_.end() ? none : found->second;
}

}  // namespace pglakebase

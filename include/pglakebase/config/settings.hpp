#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pglakebase/config/request_document.hpp"
#include "pglakebase/config/setting.hpp"

namespace pglakebase {

/// What a request comes to: directives, environment and profile brought together as the Databricks
/// SDKs do it, by one order.
///
/// A profile's values stand right below what chose the profile. So one that
/// DATABRICKS_CONFIG_PROFILE chose, or nobody, yields to every variable, as in the SDKs; but one
/// that a directive (or PGLAKEBASE_PROFILE) chose outranks the variables of the environment, and
/// where it says how to sign in, variables that would do it in another way are ignored: a stray
/// DATABRICKS_TOKEN never changes who a service signs in as.
class Settings {
 public:
  /// Reads the profile's file. Throws ConfigError.
  static Settings resolve(const RequestDocument& request);

  /// Null if it is not set.
  const Setting* find(std::string_view input) const;
  /// The value, or empty.
  std::string_view get(std::string_view input) const;

  /// A copy that lacks the settings which `drop` says true of.
  Settings without(
      const std::function<bool(std::string_view input, const Setting& setting)>& drop) const;

  /// A secret, for use at the workspace. Throws ConfigError if whoever gave it (profile,
  /// environment, …) names another workspace: a secret goes to its own host only. Null if it is not
  /// set.
  const Setting* secret(std::string_view input) const;

  /// https://name[:port]. Throws ConfigError if none is set.
  const std::string& workspace() const;
  /// Where none is set: the one that a setting was found to stand for.
  void use_workspace(const std::string& url, const Setting& told_by);
  /// Where the workspace's address comes from.
  std::string workspace_origin() const;
  std::string_view workspace_id() const { return workspace_id_; }

  /// `PROD in /home/u/.databrickscfg`; empty if none is used.
  const std::string& profile() const { return profile_; }
  /// Its name and its file alone.
  const std::string& profile_name() const { return profile_name_; }
  const std::string& profile_file() const { return profile_file_; }
  /// The stamps (append_file_stamp()) of the configuration files that this was read from.
  const std::string& files() const { return files_; }

  /// Where the given level says the workspace is; empty if it does not.
  const std::string& workspace_of(Level level) const;

 private:
  using Values = std::map<std::string, Setting, std::less<>>;
  struct Resolver;

  Values values_;
  std::map<Level, std::string> workspaces_;
  std::string workspace_;
  std::string workspace_id_;
  std::string profile_;
  std::string profile_name_;
  std::string profile_file_;
  std::string files_;
};

}  // namespace pglakebase

#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace pglakebase {

/// The hosts of an endpoint or an instance, as the workspace's API tells them.
class OwnedHosts {
 public:
  /// An answer for projects/…/endpoints/…: `uid`, `status.hosts`.
  static OwnedHosts of_endpoint(const nlohmann::json& endpoint);
  /// An answer for an instance: `uid`, `read_write_dns`, `read_only_dns`.
  static OwnedHosts of_instance(const nlohmann::json& instance);

  /// Was there a host among what was told? Else nobody can be said not to be owned.
  bool known() const { return !first_.empty(); }
  /// By the first label, which is the endpoint's or the instance's own.
  bool own(const std::string& host) const;
  /// The one to connect to.
  const std::string& first() const { return first_; }

 private:
  void add(const nlohmann::json& object, const char* field);
  void add(const std::string& host);

  std::vector<std::string> labels_;
  std::string first_;
};

}  // namespace pglakebase

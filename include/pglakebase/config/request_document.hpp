#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pglakebase {

inline constexpr std::size_t k_request_document_limit = 256 * 1024;

/// What Request::append_document() wrote (docs/PROTOCOL.md), read again.
struct RequestDocument {
  struct Given {
    std::string name;  ///< a directive's key, or a variable's name
    std::string value;
  };

  std::string selecting;  ///< verbatim: what the request's name is the keyed hash of
  std::int64_t uid = -1;
  std::string home;  ///< may be empty
  std::vector<std::string> hosts;
  std::vector<Given> directives;   ///< secret ones too
  std::vector<Given> environment;  ///< secret ones too
  std::vector<Given> network;      ///< variables, for our own environment

  std::string service;  ///< for messages only
  std::string cache_path;
  std::string material;
  std::string network_digest;
  std::int64_t issued_after_ms = 0;  ///< an older credential will not do; 0: any age
  bool need_user = false;
  std::int64_t min_life_ms = 0;
  std::int64_t refresh_before_ms = 0;
  std::int64_t deadline_ms = 30'000;
  bool check_hosts = false;  ///< wanted is not a credential, but whose the hosts are

  /// Throws ConfigError if it is not a whole document of our version.
  static RequestDocument parse(std::string_view text);
};

}  // namespace pglakebase

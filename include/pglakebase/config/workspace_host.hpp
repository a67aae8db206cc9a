#pragma once

#include <string>
#include <string_view>

namespace pglakebase {

/// A workspace's address, and the ids that people leave in it when they copy it from a browser.
struct WorkspaceHost {
  std::string url;           ///< https://name[:port], lower case, nothing behind
  std::string workspace_id;  ///< from ?o=, ?workspace_id= or ?w=
  std::string account_id;    ///< from ?a= or ?account_id=
};

/// Reads an address with or without a scheme, path and query. Throws ConfigError, naming `origin`
/// (where it was set), if it is no https address; credentials in it are refused, too.
WorkspaceHost parse_workspace_host(std::string_view address, const std::string& origin);

}  // namespace pglakebase

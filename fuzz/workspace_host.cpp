// A workspace's address, as people write it.
#include "pglakebase/config/workspace_host.hpp"

#include "fuzz.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/net/http.hpp"

namespace pglakebase::fuzz {

void run(std::string_view input) {
  try {
    const WorkspaceHost host = parse_workspace_host(input, "X");
    FUZZ_CHECK(host.url.starts_with("https://") && host.url.size() > 8 && host.url.size() < 300);
    FUZZ_CHECK(host.url.find_first_of("@/?# \t\r\n\\%", 8) == std::string::npos);
    FUZZ_CHECK(parse_workspace_host(host.url, "X").url == host.url);
    FUZZ_CHECK(origin_of(host.url + "/api?x") == host.url);
    for (const std::string& id : {host.workspace_id, host.account_id})
      FUZZ_CHECK(id.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") == std::string::npos);
  } catch (const ConfigError& error) {
    // A password may stand in it.
    const std::string_view what = error.what();
    FUZZ_CHECK(what.starts_with("the workspace's address from X cannot be used: "));
    FUZZ_CHECK(what.size() < 250);
  }
}

}  // namespace pglakebase::fuzz

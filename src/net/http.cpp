#include "pglakebase/net/http.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include "pglakebase/core/view.hpp"

namespace pglakebase {

std::string_view origin_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  return url.substr(0, url.find_first_of("/?#", scheme + 3));
}

bool is_local_address(std::string_view url) {
  std::string_view host = origin_of(url);
  host = host.substr(std::min(host.size(), host.find("://") + 3));
  if (host.find('@') != std::string_view::npos) return false;
  if (host.starts_with("[")) {
    host = host.substr(0, host.find(']'));
    return host == "[::1" || equals_ignoring_case(host.substr(0, 5), "[fe80");
  }
  host = host.substr(0, host.find(':'));
  if (equals_ignoring_case(host, "localhost") ||
      equals_ignoring_case(host, "metadata.google.internal"))
    return true;
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(host).c_str(), &address) != 1) return false;
  const std::uint32_t number = ntohl(address.s_addr);
  return number >> 24 == 127 || number >> 24 == 10 || number >> 16 == 0xa9fe /* 169.254 */ ||
         number >> 16 == 0xc0a8 /* 192.168 */ || number >> 20 == 0xac1 /* 172.16 to 172.31 */;
}

}  // namespace pglakebase

#include "one_address.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

bool is_one_address(std::string_view hosts, std::string_view hostaddrs) {
  const std::string_view list = hostaddrs.empty() ? hosts : hostaddrs;
  if (list.find(',') != std::string_view::npos) return false;
  if (!hostaddrs.empty()) return true;
  const Text host(hosts);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (!host.ok() || ::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return false;
  const bool one = found->ai_next == nullptr;
  ::freeaddrinfo(found);
  return one;
}

}  // namespace pglakebase

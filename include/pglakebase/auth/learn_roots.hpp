#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pglakebase/core/record.hpp"
#include "pglakebase/net/root_finder.hpp"

namespace pglakebase {

/// The servers of libpq's comma lists. Empty where the lists do not fit each other, or name more
/// servers than a file should be learned for.
std::vector<TlsServer> list_servers(std::string_view hosts, std::string_view hostaddrs,
                                    std::string_view ports);

/// Does what a record of kind k_kind_learn asks: finds the roots that vouch for all its servers and
/// stores them, unless somebody else just did. Nothing is signed in to, and no secret is at hand.
/// False where nothing was learned, whatever the reason: the whole bundle goes on serving.
bool learn_roots(const Record& request, std::int64_t deadline_ms);

}  // namespace pglakebase

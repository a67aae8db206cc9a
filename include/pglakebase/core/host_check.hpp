#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/request.hpp"
#include "pglakebase/core/text.hpp"

/// Whether the endpoint or instance that a setting names owns the hosts that are connected to. Only
/// a server that refuses a login gives reason to ask: a sign-in that works costs no further call.
namespace pglakebase {

inline constexpr char k_kind_hosts[] = "hosts";  ///< by request

/// What the helper found out. Most often: nothing wrong.
struct HostCheck {
  static constexpr std::int64_t k_life_ms = 60'000;  ///< nobody looks again before

  Text sentence;         ///< which host is another's, and what to do; empty: none, or unknown
  Text hosts;            ///< those that are another's, each ended by a line feed
  std::int64_t at_ms{};  ///< when this was written
  bool done = false;     ///< false while somebody looks

  bool parse(std::string_view record);
  void append_record(Text& out) const;
  bool stands_at(std::int64_t now_ms) const {
    return at_ms <= now_ms && now_ms < at_ms + k_life_ms;
  }
};

/// For `host`, which has refused a login with a credential of this request: appends what is wrong
/// with it. Nothing if it is right, no name of Lakebase's own, or not known in time; then false.
/// Has the helper look, once a minute for all processes, and waits for it a little.
bool append_host_trouble(Text& out, const Cache& cache, const Request& request,
                         std::string_view host);

}  // namespace pglakebase

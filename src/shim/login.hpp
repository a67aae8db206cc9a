#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/directives.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

struct Plan;

/// All that one connection logs in with, in one piece of memory: made once, then moved, or kept as
/// bytes.
class Login {
 public:
  enum Part : unsigned char {
    hosts,         ///< libpq's comma list; empty where nothing was ever to be logged in to
    direct_hosts,  ///< the list to use instead of a pooler's; else empty
    hostaddrs,
    ports,
    service,     ///< its name; may be empty
    directives,  ///< packed
    user,        ///< the role that is given; empty if none is
    options,     ///< libpq's `options` as the caller has them
    sslmode,     ///< empty: the caller's
    sslrootcert,
    bundle,         ///< the system's roots, where they are ours to choose
    learned_roots,  ///< the file that is used instead of the bundle; else empty
    token,
    tokens_user,  ///< the role that the token's identity logs in as by default; may be empty
    k_parts
  };

  Login() = default;
  /// As planned, with a credential; `refresh_before_ms` is the request's. Without memory it is
  /// empty, as a MemoryWatch tells.
  Login(const Plan& plan, const Credential& credential, std::int64_t refresh_before_ms);
  /// From bytes() of another one, in the same process.
  explicit Login(Text&& bytes) : bytes_(static_cast<Text&&>(bytes)) {}

  std::string_view bytes() const { return bytes_.view(); }

  /// When nothing needs it any more.
  void wipe_token();

  std::string_view get(Part part) const;
  /// The same, with a NUL behind it.
  const char* c_str(Part part) const { return bytes_.c_str() + start_of(part); }
  DirectiveView all_directives() const { return DirectiveView(get(directives)); }

  /// Those of the credential; zero where a stand-in takes its place.
  const CredentialTimes& times() const { return head().times; }
  std::int64_t refresh_before_ms() const { return head().refresh_before_ms; }
  std::int64_t connect_timeout_s() const { return head().connect_timeout_s; }
  bool user_missing() const { return head().user_missing; }
  bool dbname_missing() const { return head().dbname_missing; }
  bool has_gssencmode() const { return head().has_gssencmode; }

 private:
  struct Head {
    CredentialTimes times;
    std::int64_t refresh_before_ms = 0;
    std::int64_t connect_timeout_s = 0;
    bool user_missing = false;
    bool dbname_missing = false;
    bool has_gssencmode = false;
    std::size_t ends[k_parts] = {};  // where each part ends, counted from the start
  };

  const Head& head() const;
  std::size_t start_of(Part part) const;

  Text bytes_;  // Head, then the parts, each with a NUL behind it
};

}  // namespace pglakebase

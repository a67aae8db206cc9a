#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pglakebase/config/settings.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/crypto/secret.hpp"
#include "pglakebase/net/clock.hpp"
#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// What a source works with; all are references to what outlives it.
struct SourceContext {
  const Settings& settings;
  const Cache& cache;
  HttpClient& http;
  Clock& clock;
  std::int64_t deadline_ms = std::numeric_limits<std::int64_t>::max();  ///< monotonic

  /// What is left until the deadline, `most` at most: the time limit of a program that is run.
  std::int64_t time_left_ms(std::int64_t most) const {
    return std::min(most, deadline_ms - clock.monotonic_ms());
  }
};

/// What the workspace's API is called with. Times in milliseconds since 1970.
struct WorkspaceToken {
  /// A further header of each call.
  struct Header {
    std::string name;
    Secret value;
  };

  Secret token;
  std::int64_t issued_ms = 0;
  std::int64_t expires_ms = 0;    ///< 0: it does not say (a PAT), and is not kept
  std::string scheme = "Bearer";  ///< `Authorization: <scheme> <token>`; what is kept is a Bearer
  std::vector<Header> headers;    ///< kept with the token
};

/// What a source lacks, as in "no client_id (DATABRICKS_CLIENT_ID)".
struct NotConfigured {
  std::string why;
};

/// Whom a source would sign in as, known without a network call. Nothing secret stands in it.
struct Principal {
  std::string id;    ///< stable and unique within the source: it names cache entries
  std::string user;  ///< the role it has by default, where known without asking
  /// Somebody else may have signed in since (a login of a command line tool): the user's name is
  /// asked for with each new token, and remembered with it.
  bool changing = false;
};

/// One way to sign in to the workspace. Constructors make no call.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// The auth_type that chooses it.
  virtual std::string_view name() const = 0;
  /// Is it configured? Makes no network call. Throws ConfigError where it is, wrongly.
  virtual std::variant<NotConfigured, Principal> identify(const SourceContext& context) const = 0;
  /// Signs in; called only after identify() gave a principal. NotConfigured lets the next source
  /// have its turn; throws AuthError where signing in fails.
  virtual std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const = 0;
};

}  // namespace pglakebase

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

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
};

/// A bearer for the workspace's API. Times in milliseconds since 1970.
struct WorkspaceToken {
  Secret token;
  std::int64_t issued_ms = 0;
  std::int64_t expires_ms = 0;  ///< 0: it does not say (a PAT), and is not kept
};

/// What a source lacks, as in "no client_id (DATABRICKS_CLIENT_ID)".
struct NotConfigured {
  std::string why;
};

/// Whom a source would sign in as, known without a network call. Nothing secret stands in it.
struct Principal {
  std::string id;    ///< stable and unique within the source: it names cache entries
  std::string user;  ///< the role it has by default, where known without asking
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

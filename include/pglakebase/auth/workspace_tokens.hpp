#pragma once

#include <stdexcept>
#include <string>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// A source that seemed configured turned out not to be; what() says what it lacks.
class SourceDeclined : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The workspace token of one principal, kept in the cache for all processes under a lock of its
/// own, so that further endpoints cost one call each.
class WorkspaceTokens {
 public:
  /// Keeps references to all. `lock_deadline_ms` is monotonic.
  WorkspaceTokens(const SourceContext& context, const CredentialSource& source,
                  const Principal& principal, std::int64_t lock_deadline_ms);

  /// One that is still good for a call, from this run, the cache or the source. Throws AuthError,
  /// ConfigError, SourceDeclined.
  const WorkspaceToken& get();
  /// The workspace refused the token (401). True if get() will give another one: it came from the
  /// cache, and this is the first time.
  bool renew();

 private:
  bool read_cached();
  void store() const;

  const SourceContext& context_;
  const CredentialSource& source_;
  std::int64_t lock_deadline_ms_;
  EntryName name_;
  WorkspaceToken token_;
  Secret refused_;
  bool from_cache_ = false;
};

}  // namespace pglakebase

#pragma once

#include <string>

#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/net/clock.hpp"

namespace pglakebase {

/// The name that a principal has in the workspace, which is the name of its role: for sources that
/// do not know it by themselves. Remembered for a day, unless the principal is a changing one.
class UserName {
 public:
  UserName(const SourceContext& context, const CredentialSource& source,
           const Principal& principal);

  /// From memory; empty if it is not there.
  std::string remembered() const;
  /// From the workspace: GET /api/2.0/preview/scim/v2/Me. Throws AuthError.
  std::string ask(WorkspaceApi& api) const;

 private:
  const SourceContext& context_;
  bool lasting_;
  EntryName name_;
};

}  // namespace pglakebase

#pragma once

#include <string_view>

#include "connect.hpp"
#include "libpq.hpp"
#include "login.hpp"
#include "pglakebase/core/obtain.hpp"
#include "pglakebase/core/text.hpp"
#include "plan.hpp"

namespace pglakebase {

/// What this process's last connections came to: the next one by the same words and in the same
/// environment has the same plan and the same credential, while no file that those rest on has
/// changed and the credential is fresh. Then neither libpq nor the cache is asked.
///
/// Nothing is kept of a process's first connection, which may be its only one.
class ConnectMemo {
 public:
  /// Reads the environment.
  ConnectMemo(const ConnectCall& call, const Libpq& libpq);

  /// False where all has to be worked out.
  bool find(Login& login) const;
  /// What was worked out now; `cache_path` is the cache's directory. Keeps only what rests on
  /// nothing but the call, the environment and files.
  void keep(const Login& login, const Plan& plan, const Obtained& obtained, const Request& request,
            std::string_view cache_path) const;

 private:
  Text key_;  ///< empty: nothing is to be found or kept
};

}  // namespace pglakebase

#pragma once

#include "arguments.hpp"
#include "ask.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/text.hpp"
#include "target.hpp"

namespace pglakebase {

/// What the password that the connection would have without us means.
enum class GivenPassword {
  none,      ///< there is none, or it does not count: a credential is wanted
  native,    ///< it is the caller's own: nothing is changed
  our_token  ///< we issued it for some entry
};

/// `answer` was asked without a password of ours.
GivenPassword judge_password(const Answer& answer, const CallSettings& call, const Target& target,
                             const Cache& cache, Text& identity);

/// Can there be a password at all? If not, libpq need not be asked for it. `answer` was asked with
/// a password of ours.
bool may_have_password(const Answer& answer, const CallSettings& call, const Target& target,
                       int libpq_version);

}  // namespace pglakebase

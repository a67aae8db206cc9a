#pragma once

#include <cstdint>

#include "arguments.hpp"
#include "ask.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/text.hpp"
#include "target.hpp"

namespace pglakebase {

/// What the password that the connection would have without us means.
struct GivenPassword {
  enum class Kind : unsigned char {
    none,       ///< there is none, or it does not count: a credential is wanted
    native,     ///< it is the caller's own: nothing is changed
    our_token,  ///< we issued it for some entry
    user_token  ///< a user's token for the workspace, to be exchanged
  };

  Kind kind = Kind::none;
  Text user_token;  ///< what is to be exchanged; of our_token: what it may have been made from

  // Of our_token:
  Text token;
  Text identity;                ///< whose it is
  std::int64_t expires_ms = 0;  ///< its end
  bool exchanged = false;       ///< made from a user token, and for these hosts
};

/// The setting on_behalf_of; empty if it is not given.
std::string_view on_behalf_of(const Target& target);

/// `answer` was asked without a password of ours. `user_given`: the program gave a user's token
/// besides.
void judge_password(const Answer& answer, const CallSettings& call, const Target& target,
                    const Cache& cache, bool user_given, GivenPassword& given);

/// Can there be a password at all? If not, libpq need not be asked for it. `answer` was asked with
/// a password of ours.
bool may_have_password(const Answer& answer, const CallSettings& call, const Target& target,
                       int libpq_version);

}  // namespace pglakebase

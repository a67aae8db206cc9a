#pragma once

#include <cstdint>

#include "arguments.hpp"
#include "learned_roots.hpp"
#include "libpq.hpp"
#include "password.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/text.hpp"
#include "target.hpp"
#include "tls_policy.hpp"

namespace pglakebase {

/// What is to be done about one connection: found out before anything is asked of anybody but
/// libpq.
struct Plan {
  enum class Kind {
    untouched,  ///< the caller's own function, with the caller's own arguments
    refused,    ///< no connection: `refusal` says why
    credential  ///< connect with a credential
  };

  Kind kind = Kind::untouched;
  Text refusal;
  Target target;
  TlsChosen tls;
  ChosenRoots roots;  ///< where the bundle would be used
  Text direct_hosts;  ///< the host list to use instead of a pooler's; else empty
  GivenPassword given;
  Text user;                           ///< the role, where it is given
  Text options;                        ///< libpq's `options` as the caller has them
  std::int64_t connect_timeout_s = 0;  ///< 0: none
  bool bad_timeout = false;            ///< connect_timeout is given, and no number that libpq takes
  bool user_missing = false;
  bool dbname_missing = false;
  bool has_gssencmode = false;  ///< this libpq knows the keyword
  /// It rests on nothing but the call, the environment and files in known places.
  bool memorable = false;
};

/// `arguments` are the caller's; they are left as they were. The cache is opened only where the
/// connection goes to Lakebase.
Plan make_plan(const Libpq& libpq, Arguments& arguments, bool expand_dbname, Cache& cache);

}  // namespace pglakebase

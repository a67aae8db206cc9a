#pragma once

#include "pglakebase/auth/target.hpp"
#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/core/credential.hpp"

namespace pglakebase {

/// Asks for a database credential: POST /api/2.0/postgres/credentials for an endpoint, POST
/// /api/2.0/database/credentials for an instance (`target` is one of the two). Its end is the
/// earliest of what the answer says, the token's own, and that of a user's token that it was made
/// from, by our clock, corrected by the server's Date. `user` stays empty. Throws AuthError,
/// ConfigError.
Credential issue_credential(WorkspaceApi& api, const Target& target);

/// The time by our clock at which something ends that a server with another idea of now gives an
/// end for.
std::int64_t local_time_ms(std::int64_t server_time_ms, std::int64_t date_s,
                           std::int64_t answered_ms);

}  // namespace pglakebase

#pragma once

#include <string>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// What a job of GitHub Actions lacks that wants a token about itself; empty if nothing.
std::string github_lacks(const Settings& settings);

/// GitHub's token about the job that we run in, for `audience`. Only where nothing is lacking.
/// Throws AuthError.
Secret github_id_token(const SourceContext& context, const std::string& audience);

}  // namespace pglakebase

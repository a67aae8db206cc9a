#pragma once

#include "pglakebase/config/request_document.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/crypto/secret.hpp"
#include "pglakebase/net/clock.hpp"
#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// What opens client_key_file: client_key_password, itself or a reference to where it is kept;
/// empty if none is set. It is needed before any server can be reached that asks for the
/// certificate, so no other setting counts for it. Throws ConfigError.
Secret client_key_password(const RequestDocument& request, const Cache& cache, HttpClient& http,
                           Clock& clock, std::int64_t deadline_ms);

}  // namespace pglakebase

#pragma once

#include <curl/curl.h>

#include <string_view>

#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// What libcurl's code means for the person who configured us. `origin` is the server asked,
/// `detail` libcurl's own words (used for certificates only), `proxy_status` the proxy's answer to
/// CONNECT or 0, `asked`: the connection stood, and the request went there.
HttpError curl_error(CURLcode code, std::string_view origin, std::string_view detail,
                     long proxy_status, bool asked);

}  // namespace pglakebase

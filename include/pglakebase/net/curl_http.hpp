#pragma once

#include <utility>

#include "pglakebase/net/curl_handle.hpp"
#include "pglakebase/net/http.hpp"
#include "pglakebase/net/trust.hpp"

namespace pglakebase {

/// HTTPS by libcurl: certificates always verified, TLS 1.2 or newer, no redirects, bodies of 1 MiB
/// at most. Plain http only for local requests. One handle serves all calls, so that they share a
/// connection. Proxies come from the environment as libcurl reads it. One thread at a time.
class CurlHttp final : public HttpClient {
 public:
  /// Starts libcurl only when something is sent: most runs of the helper find what they want in the
  /// cache.
  explicit CurlHttp(Trust trust, ShownCertificate certificate = {})
      : trust_(std::move(trust)), certificate_(std::move(certificate)) {}

  /// Opens the certificate's key.
  void use_key_password(std::string_view password) { certificate_.key_password.assign(password); }

  HttpResponse send(const HttpRequest& request) override;

 private:
  void start();
  void set_common();
  void set_local();

  Trust trust_;
  ShownCertificate certificate_;
  CurlHandle handle_;
};

}  // namespace pglakebase

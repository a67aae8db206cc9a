#include "pglakebase/net/curl_error.hpp"

#include <string>

namespace pglakebase {

HttpError curl_error(CURLcode code, std::string_view origin, std::string_view detail,
                     long proxy_status, bool asked) {
  using Kind = HttpError::Kind;
  const std::string server(origin);
  // libcurl has one code for an address that it does not speak to and an answer that it does not
  // understand: HTTP/0.9, HTTP/3 in plain text, a status of 0.
  if (code == CURLE_UNSUPPORTED_PROTOCOL && asked) code = CURLE_WEIRD_SERVER_REPLY;
  if (proxy_status >= 300)
    return {proxy_status >= 500 ? Kind::reset : Kind::setup,
            "the proxy answered HTTP " + std::to_string(proxy_status) +
                " when asked to connect to " + server + "; check HTTPS_PROXY and NO_PROXY"};
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Kind::unreachable, "the name of " + server +
                                     " cannot be resolved; check the workspace's address and the "
                                     "network's DNS"};
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Kind::unreachable, "the proxy's name cannot be resolved; check HTTPS_PROXY"};
    case CURLE_COULDNT_CONNECT:
      return {Kind::unreachable, "no connection to " + server +
                                     " could be made; check the workspace's address, the network "
                                     "and HTTPS_PROXY"};
    case CURLE_OPERATION_TIMEDOUT:
      return {Kind::timed_out, server + " did not answer in time; try again, or check the network"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {Kind::untrusted, "the certificate of " + server + " was not accepted (" +
                                   std::string(detail) +
                                   "); check the address, or set SSL_CERT_FILE to the roots that "
                                   "your network uses"};
    case CURLE_SSL_CACERT_BADFILE:
      return {Kind::setup,
              "the file of trusted roots cannot be read; check SSL_CERT_FILE and SSL_CERT_DIR"};
    case CURLE_SSL_CERTPROBLEM:
      return {Kind::setup,
              "the client certificate or its key cannot be used; check "
              "PGLAKEBASE_CLIENT_CERTIFICATE_FILE, PGLAKEBASE_CLIENT_KEY_FILE and "
              "PGLAKEBASE_CLIENT_KEY_PASSWORD"};
    case CURLE_PROXY:
      return {Kind::setup,
              "the proxy did not let us through to " + server + "; check HTTPS_PROXY and NO_PROXY"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_BAD_FUNCTION_ARGUMENT:
      return {Kind::setup,
              "an address cannot be used; check the workspace's address, HTTPS_PROXY "
              "and discovery_url"};
    case CURLE_WRITE_ERROR:
      return {Kind::bad_answer, server +
                                    " answered with far more than a credential; check that it "
                                    "is a Databricks workspace"};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_HTTP_RETURNED_ERROR:
      return {Kind::bad_answer,
              server +
                  " did not answer as a web server does; check that it is a Databricks "
                  "workspace"};
    case CURLE_SSL_CONNECT_ERROR:
      return {Kind::reset, "no TLS connection to " + server +
                               " could be made; check that the address and port are those of a "
                               "Databricks workspace"};
    default:
      return {Kind::reset, "the connection to " + server + " broke (" + ::curl_easy_strerror(code) +
                               "); try again, or check the network"};
  }
}

}  // namespace pglakebase

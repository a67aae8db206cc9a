#include "pglakebase/net/curl_http.hpp"

#include <malloc.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/curl_error.hpp"
#include "pglakebase/net/retry.hpp"
#include "pglakebase_config.h"

namespace pglakebase {
namespace {

constexpr std::size_t k_body_limit = 1024 * 1024;
constexpr std::size_t k_header_limit = 64 * 1024;
constexpr long k_connect_timeout_ms = 5'000;
constexpr long k_local_connect_timeout_ms = 1'000;
// A machine does not move into a cloud: others need not spend a second on it, too.
constexpr std::int64_t k_absent_hold_ms = 60'000;
// Only who asked: somebody who knows of the service may well wait for it.
constexpr std::int64_t k_not_again_ms = 1;

void wiping_free(void* memory) {
  if (memory == nullptr) return;
  ::explicit_bzero(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

void* wiping_realloc(void* memory, std::size_t size) {
  if (memory == nullptr) return std::malloc(size);
  void* moved = std::malloc(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, memory, std::min(size, ::malloc_usable_size(memory)));
  wiping_free(memory);
  return moved;
}

// What the callbacks fill; they are called by C and must not throw.
struct Received {
  HttpResponse response;
  std::size_t header_bytes = 0;
  bool out_of_memory = false;
};

std::size_t take_body(char* bytes, std::size_t, std::size_t size, void* into) noexcept {
  auto& received = *static_cast<Received*>(into);
  if (received.response.body.size() + size > k_body_limit) return 0;
  try {
    received.response.body.append(bytes, size);
  } catch (const std::bad_alloc&) {
    received.out_of_memory = true;
    return 0;
  }
  return size;
}

void take_field(HttpResponse& response, std::string_view line) {
  std::string_view name;
  std::string_view value = line;
  if (!take_until(value, ':', name)) return;
  value = trim(value);
  if (equals_ignoring_case(name, "content-type")) response.content_type = value;
  if (equals_ignoring_case(name, "retry-after")) response.retry_after = value;
  if (equals_ignoring_case(name, "location")) response.location = value;
  if (equals_ignoring_case(name, "www-authenticate")) response.challenge = value;
  if (equals_ignoring_case(name, "date"))
    response.date_s = std::max<std::int64_t>(http_date_s(value), 0);
}

std::size_t take_header(char* bytes, std::size_t, std::size_t size, void* into) noexcept {
  auto& received = *static_cast<Received*>(into);
  received.header_bytes += size;
  if (received.header_bytes > k_header_limit) return 0;
  try {
    const std::string_view line(bytes, size);
    // A new block of headers: those of an interim response do not count.
    if (line.starts_with("HTTP/")) received.response = {};
    take_field(received.response, line);
  } catch (const std::bad_alloc&) {
    received.out_of_memory = true;
    return 0;
  }
  return size;
}

std::string stamps(const Trust& trust) {
  Text lines;
  for (const std::string& path : {trust.file, trust.directory})
    if (!path.empty()) append_file_stamp(lines, path);
  return std::string(lines.view());
}

template <typename Value>
void set(CURL* handle, CURLoption option, Value value) {
  const CURLcode code = ::curl_easy_setopt(handle, option, value);
  if (code != CURLE_OK)
    throw HttpError(HttpError::Kind::setup, std::string("libcurl refused a setting (") +
                                                ::curl_easy_strerror(code) +
                                                "); install a libcurl with HTTPS");
}

}  // namespace

void CurlHttp::start() {
  if (handle_) {
    // Options go, the connection stays.
    ::curl_easy_reset(handle_.get());
    return;
  }
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
  // TLS finds its ciphers by itself since 3.0. The table of their old names is for files that are
  // encrypted by a passphrase, which nobody could tell us; to build it takes a tenth of a sign-in.
  ::OPENSSL_init_crypto(OPENSSL_INIT_NO_ADD_ALL_CIPHERS, nullptr);
#endif
  // libcurl's buffers and copies of headers hold tokens, too.
  ::curl_global_init_mem(CURL_GLOBAL_DEFAULT, std::malloc, wiping_free, wiping_realloc, ::strdup,
                         std::calloc);
  handle_.reset(::curl_easy_init());
  if (!handle_) throw HttpError(HttpError::Kind::setup, "libcurl cannot be started; reinstall it");
}

void CurlHttp::set_common() {
  CURL* curl = handle_.get();
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_PROTOCOLS_STR, "https");
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);
  set(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  set(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  // Not Kerberos, which a proxy could choose and the helper may be built without.
  set(curl, CURLOPT_SOCKS5_AUTH, static_cast<long>(CURLAUTH_BASIC));
  set(curl, CURLOPT_SSL_VERIFYPEER, 1L);
  set(curl, CURLOPT_SSL_VERIFYHOST, 2L);
  set(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!trust_.file.empty() || !trust_.directory.empty()) {
    set(curl, CURLOPT_CAINFO, trust_.file.empty() ? nullptr : trust_.file.c_str());
    set(curl, CURLOPT_CAPATH, trust_.directory.empty() ? nullptr : trust_.directory.c_str());
  }
  if (!certificate_.file.empty()) {
    const std::string& key = certificate_.key_file;
    set(curl, CURLOPT_SSLCERT, certificate_.file.c_str());
    set(curl, CURLOPT_SSLKEY, key.empty() ? certificate_.file.c_str() : key.c_str());
    // Without one OpenSSL would ask at the terminal.
    set(curl, CURLOPT_KEYPASSWD, certificate_.key_password.c_str());
  }
  set(curl, CURLOPT_USERAGENT, "pglakebase/" PGLAKEBASE_VERSION);
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, k_connect_timeout_ms);
}

void CurlHttp::set_local() {
  CURL* curl = handle_.get();
  set(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(curl, CURLOPT_PROXY, "");
  set(curl, CURLOPT_CONNECTTIMEOUT_MS, k_local_connect_timeout_ms);
}

HttpResponse CurlHttp::send(const HttpRequest& request) {
  if (request.local && !is_local_address(request.url))
    throw HttpError(HttpError::Kind::setup,
                    std::string(origin_of(request.url)) +
                        " is no address of this machine or its cloud, which alone are asked "
                        "without TLS; correct it");
  start();
  CURL* curl = handle_.get();
  set_common();
  if (request.local) set_local();

  CurlList headers;
  for (const std::string& header : request.headers) headers.add(header);
  // Otherwise libcurl may wait for "100 Continue" before it sends a body.
  headers.add("Expect:");
  set(curl, CURLOPT_HTTPHEADER, headers.get());
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  if (request.method == "POST") {
    set(curl, CURLOPT_POST, 1L);
    set(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }

  Received received;
  char detail[CURL_ERROR_SIZE] = "";
  set(curl, CURLOPT_ERRORBUFFER, detail);
  set(curl, CURLOPT_WRITEFUNCTION, take_body);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(&received));
  set(curl, CURLOPT_HEADERFUNCTION, take_header);
  set(curl, CURLOPT_HEADERDATA, static_cast<void*>(&received));
  const CURLcode code = ::curl_easy_perform(curl);
  // Nothing in the handle may point to what ends here.
  set(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (received.out_of_memory || code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    long proxy_status = 0;
    ::curl_easy_getinfo(curl, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    curl_off_t connected_us = 0;
    ::curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T, &connected_us);
    if (request.local && code == CURLE_OPERATION_TIMEDOUT && connected_us == 0)
      throw HttpError(HttpError::Kind::unreachable,
                      std::string(origin_of(request.url)) +
                          " does not answer; check that this machine has such a service",
                      k_absent_hold_ms);
    if (request.only_looking && code == CURLE_OPERATION_TIMEDOUT)
      throw HttpError(HttpError::Kind::unreachable,
                      std::string(origin_of(request.url)) +
                          " does not answer in time; check that this machine has such a service",
                      k_not_again_ms);
    if (request.local && code == CURLE_COULDNT_CONNECT)
      throw HttpError(HttpError::Kind::unreachable, "nobody listens at " +
                                                        std::string(origin_of(request.url)) +
                                                        "; check that the service runs there");
    curl_off_t asked_us = 0;
    ::curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &asked_us);
    HttpError error = curl_error(code, origin_of(request.url), detail, proxy_status, asked_us > 0);
    if (code == CURLE_SSL_CACERT_BADFILE || code == CURLE_PEER_FAILED_VERIFICATION)
      error.set_files(stamps(trust_));
    throw error;
  }
  long status = 0;
  ::curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  received.response.status = static_cast<int>(status);
  return std::move(received.response);
}

}  // namespace pglakebase

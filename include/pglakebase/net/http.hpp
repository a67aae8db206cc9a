#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pglakebase {

struct HttpRequest {
  std::string method = "GET";
  std::string url;                   ///< https only
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
  std::int64_t timeout_ms = 10'000;  ///< for the whole exchange
  /// A service of this machine or of its cloud, such as a metadata server: http is allowed, the
  /// address must be one that is_local_address() takes, no proxy is used, and an address that does
  /// not answer costs a second, once in a minute.
  bool local = false;
  /// Nobody said that there is such a service: one that answers too late is none, and not asked
  /// again.
  bool only_looking = false;
};

/// Is the URL's host this machine, or an address that no router passes on (a private or link-local
/// one, written as numbers; localhost; metadata.google.internal)?
bool is_local_address(std::string_view url);

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string content_type;
  std::string retry_after;  ///< the header as it came
  std::string location;     ///< likewise
  std::string challenge;    ///< WWW-Authenticate, likewise
  std::int64_t date_s = 0;  ///< the Date header in seconds since 1970; 0 if there is none
  bool retry = true;        ///< false: asking again soon is of no use, whatever the status says
};

/// No whole response could be had. what() says why, in words for the person who configured it,
/// without any byte of what was sent or received.
class HttpError : public std::runtime_error {
 public:
  enum class Kind {
    unreachable,  ///< name or address: nothing was sent
    reset,        ///< the connection broke
    timed_out,
    untrusted,   ///< the certificate was not accepted
    bad_answer,  ///< not HTTP, or too large
    setup,       ///< a setting of ours: proxy, trusted roots, URL
    held_back    ///< not asked, because others just found the server in trouble
  };
  /// `hold_ms`: how long nobody should ask again, where that is known; it is then no use to retry.
  HttpError(Kind kind, const std::string& what, std::int64_t hold_ms = 0)
      : std::runtime_error(what), kind_(kind), hold_ms_(hold_ms) {}
  Kind kind() const { return kind_; }
  std::int64_t hold_ms() const { return hold_ms_; }
  /// Stamps of the files that are at fault: another state of them is another case.
  const std::string& files() const { return files_; }
  void set_files(const std::string& files) { files_ = files; }

 private:
  Kind kind_;
  std::int64_t hold_ms_;
  std::string files_;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// Throws HttpError. Any status is a response; redirects are not followed.
  virtual HttpResponse send(const HttpRequest& request) = 0;
};

/// `https://name[:port]` of a URL: what may stand in an error text.
std::string_view origin_of(std::string_view url);

}  // namespace pglakebase

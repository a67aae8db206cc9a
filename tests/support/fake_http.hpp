#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "pglakebase/net/http.hpp"

namespace pglakebase::test {

/// Gives canned replies and records what was asked. A call without a reply fails the test with the
/// line that would add one.
class FakeHttp final : public HttpClient {
 public:
  using Reply = std::variant<HttpResponse, HttpError>;

  /// The last reply given for a call serves all further ones; earlier ones serve one each.
  void reply(const std::string& method, const std::string& url, int status,
             const std::string& body) {
    HttpResponse response;
    response.status = status;
    response.body = body;
    response.content_type = "application/json";
    reply(method, url, response);
  }
  void reply(const std::string& method, const std::string& url, Reply reply) {
    replies_[method + " " + url].push_back(std::move(reply));
  }

  HttpResponse send(const HttpRequest& request) override {
    requests.push_back(request);
    if (before_reply) before_reply(request);
    const std::string call = request.method + " " + request.url;
    const auto found = replies_.find(call);
    if (found == replies_.end()) {
      ADD_FAILURE() << "no reply for this call; add one:\n  http.reply(\"" << request.method
                    << "\", \"" << request.url << "\", 200, R\"({})\");\nwhich was sent "
                    << request.body;
      throw HttpError(HttpError::Kind::unreachable, "the fake has no reply");
    }
    Reply reply = found->second.front();
    if (found->second.size() > 1) found->second.pop_front();
    if (auto* error = std::get_if<HttpError>(&reply)) throw *error;
    return std::get<HttpResponse>(reply);
  }

  int calls(const std::string& method, const std::string& url) const {
    return static_cast<int>(
        std::count_if(requests.begin(), requests.end(), [&](const HttpRequest& request) {
          return request.method == method && request.url == url;
        }));
  }

  static bool has_header(const HttpRequest& request, const std::string& line) {
    return std::find(request.headers.begin(), request.headers.end(), line) != request.headers.end();
  }

  std::vector<HttpRequest> requests;
  std::function<void(const HttpRequest&)> before_reply;

 private:
  std::map<std::string, std::deque<Reply>> replies_;
};

}  // namespace pglakebase::test

#pragma once

#include <string>
#include <vector>

#include "fuzz.hpp"
#include "pglakebase/auth/credential_source.hpp"
#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/auth/workspace_tokens.hpp"

namespace pglakebase::fuzz {

class StillClock final : public Clock {
 public:
  std::int64_t wall_ms() override { return 1'800'000'000'000; }  // 2027-01-15T08:00:00Z
  std::int64_t monotonic_ms() override { return 1'000'000; }
  std::int64_t since_boot_ms() override { return 1'000'000; }
  void sleep_ms(std::int64_t) override {}
  unsigned random_permille() override { return 0; }
};

class FixedSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "fixed"; }
  std::variant<NotConfigured, Principal> identify(const SourceContext&) const override {
    return Principal{"someone", ""};
  }
  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext&) const override {
    WorkspaceToken token;
    token.token = Secret("workspace-token");
    return token;
  }
};

/// Gives the answers in turn, the last one for all further calls, and checks what is asked: a token
/// goes to the workspace alone, and no byte of an answer breaks a line of ours.
class AnswersInTurn final : public HttpClient {
 public:
  explicit AnswersInTurn(std::vector<HttpResponse> answers) : answers_(std::move(answers)) {}

  HttpResponse send(const HttpRequest& request) override {
    FUZZ_CHECK(request.url.starts_with("https://w/"));
    for (const char c : request.url) FUZZ_CHECK(c > ' ' && c < 0x7f);
    FUZZ_CHECK(request.url.find("/../") == std::string::npos);
    for (const std::string& header : request.headers)
      FUZZ_CHECK(header.find_first_of("\r\n") == std::string::npos);
    FUZZ_CHECK(++calls_ < 100'000);
    return answers_[next_ + 1 < answers_.size() ? next_++ : next_];
  }

 private:
  std::vector<HttpResponse> answers_;
  std::size_t next_ = 0;
  int calls_ = 0;
};

/// Answers of the API: for each the status, then the body up to a line "--".
inline std::vector<HttpResponse> take_answers(std::string_view input) {
  std::vector<HttpResponse> answers;
  do {
    HttpResponse& answer = answers.emplace_back();
    answer.status = static_cast<int>(take_number(input) % 1000);
    answer.content_type = "application/json";
    const std::size_t end = input.find("\n--\n");
    answer.body = input.substr(0, end);
    input = end == std::string_view::npos ? std::string_view() : input.substr(end + 4);
  } while (!input.empty() && answers.size() < 8);
  return answers;
}

/// An error text is one line for people; nothing of what a server says stands in it but a code.
inline void check_sentence(std::string_view what) {
  FUZZ_CHECK(what.size() < 700);
  for (const char c : what) FUZZ_CHECK(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
}

inline bool is_token(std::string_view text) {
  for (const char c : text)
    if (c <= ' ' || c >= 0x7f) return false;
  return !text.empty();
}

}  // namespace pglakebase::fuzz

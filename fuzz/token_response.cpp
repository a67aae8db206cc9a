// Answers of token endpoints and of discovery documents: status, then the body.
#include "fake_sign_in.hpp"
#include "pglakebase/auth/oidc.hpp"

namespace pglakebase::fuzz {
namespace {

void check_token(const HttpResponse& response) {
  constexpr std::int64_t k_asked_ms = 1'800'000'000'000;
  try {
    const WorkspaceToken token = parse_token_response(response, k_asked_ms, "https://w");
    FUZZ_CHECK(is_token(token.token.reveal()));
    FUZZ_CHECK(token.issued_ms == k_asked_ms && token.expires_ms > k_asked_ms);
    FUZZ_CHECK(token.expires_ms - k_asked_ms <= 30LL * 24 * 3'600'000);
  } catch (const AuthError& error) {
    check_sentence(error.what());
  }
}

}  // namespace

void run(std::string_view input) {
  const std::vector<HttpResponse> answers = take_answers(input);
  check_token(answers.front());
  const std::string code = error_code(answers.front().body);
  FUZZ_CHECK(code.size() <= 64);
  FUZZ_CHECK(code.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_") ==
             std::string::npos);
  AnswersInTurn http(answers);
  try {
    FUZZ_CHECK(discover_token_endpoint(http, "https://w/d").starts_with("https://"));
  } catch (const AuthError& error) {
    check_sentence(error.what());
  }
}

}  // namespace pglakebase::fuzz

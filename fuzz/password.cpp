// What a given password means: where it is given, the token that we issued, then the password. It
// is ours only if it is exactly that token, and exchanged only if it opens a workspace.
#include "password.hpp"

#include "fuzz.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/token_kind.hpp"
#include "real_libpq.hpp"

namespace pglakebase::fuzz {
namespace {

constexpr std::string_view k_identity = "0123456789abcdef";

void note_issued(const Cache& cache, const std::string& token) {
  Text message("issued");
  message.append(token);
  Text record;
  Record::begin(record, k_kind_issued);
  append_field(record, "identity", k_identity);
  Record::finish(record);
  cache.write(k_kind_issued, cache.name(message.view()), record.view());
}

void forget_issued(const Cache& cache, const std::string& token) {
  Text message("issued");
  message.append(token);
  cache.remove(k_kind_issued, cache.name(message.view()));
}

}  // namespace

void run(std::string_view input) {
  static const Cache cache = Cache::open_at(directory() + "/cache");
  const std::string_view place = take_line(input);
  const std::string token = c_string(take_line(input));
  const std::string password = c_string(input);
  const bool in_call = place == "call";
  const bool directives = place == "directives" || place == "call";

  Target target;
  if (directives) target.section.directives.add("profile", "PROD");
  const char* const keywords[] = {"host", "user", "password", nullptr};
  const char* const values[] = {"h", "u", in_call ? password.c_str() : nullptr, nullptr};
  if (!in_call && !password.empty()) ::setenv("PGPASSWORD", password.c_str(), 1);
  note_issued(cache, token);
  const Libpq libpq = test::real_libpq();
  Arguments arguments(keywords, values);
  const Answer answer(libpq, arguments, true);
  FUZZ_CHECK(answer.resolved() && answer.password() == password);
  const CallSettings call(libpq, keywords, values, true);
  GivenPassword given;
  judge_password(answer, call, target, cache, false, given);
  ::unsetenv("PGPASSWORD");
  forget_issued(cache, token);

  using Kind = GivenPassword::Kind;
  const TokenKind kind = token_kind(password);
  if (given.kind == Kind::our_token) {
    FUZZ_CHECK(password == token && given.identity.view() == k_identity);
    return;
  }
  FUZZ_CHECK(given.identity.empty() && given.token.empty());
  FUZZ_CHECK(given.user_token.view() == (given.kind == Kind::user_token ? password : ""));
  if (kind == TokenKind::jwt) FUZZ_CHECK(password != token);
  if (password.empty() || (directives && !in_call))
    FUZZ_CHECK(given.kind == Kind::none);
  else if (kind == TokenKind::workspace)
    FUZZ_CHECK(given.kind == Kind::user_token);
  else
    FUZZ_CHECK(given.kind == Kind::native);
}

}  // namespace pglakebase::fuzz

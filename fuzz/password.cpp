// What a given password means: where it is given, the token that we issued, then the password. It
// is ours only if it is exactly that token.
#include "password.hpp"

#include "fuzz.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/key_value.hpp"
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
  Text identity;
  const GivenPassword meaning = judge_password(answer, call, target, cache, identity);
  ::unsetenv("PGPASSWORD");
  forget_issued(cache, token);

  if (meaning == GivenPassword::our_token) {
    FUZZ_CHECK(password == token && identity.view() == k_identity);
  } else {
    FUZZ_CHECK(identity.empty());
    if (password.empty())
      FUZZ_CHECK(meaning == GivenPassword::none);
    else if (in_call || !directives)
      FUZZ_CHECK(meaning == GivenPassword::native);
    else
      FUZZ_CHECK(meaning == GivenPassword::none);
  }
}

}  // namespace pglakebase::fuzz

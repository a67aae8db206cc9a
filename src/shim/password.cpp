#include "password.hpp"

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Only a token can be ours, and every token is a JWT.
bool looks_like_jwt(std::string_view password) {
  std::size_t dots = 0;
  for (const char c : password) dots += c == '.' ? 1 : 0;
  return dots == 2 && starts_with(password, "eyJ");
}

// The identity that we issued this token to.
bool issued_by_us(const Cache& cache, std::string_view token, Text& identity) {
  Text message("issued");
  message.append(token);
  Text text;
  Record record;
  if (!cache.read(k_kind_issued, cache.name(message.view()), text) ||
      !record.parse(text.view(), k_kind_issued))
    return false;
  identity.assign(record.get("identity"));
  return !identity.empty();
}

}  // namespace

GivenPassword judge_password(const Answer& answer, const CallSettings& call, const Target& target,
                             const Cache& cache, Text& identity) {
  const std::string_view password = answer.password();
  if (password.empty()) return GivenPassword::none;
  if (looks_like_jwt(password) && issued_by_us(cache, password, identity))
    return GivenPassword::our_token;
  if (!call.get("password").empty()) return GivenPassword::native;
  // A stray variable or a wildcard line of a password file must not switch a service off that says
  // how it signs in; a password in the service's own section is its owner's word.
  const char* variable = environment("PGPASSWORD");
  const bool in_section = !answer.get("password").empty() &&
                          (variable == nullptr || answer.get("password") != variable);
  return target.has_directives() && !in_section ? GivenPassword::none : GivenPassword::native;
}

}  // namespace pglakebase

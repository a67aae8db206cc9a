#include "password.hpp"

#include <unistd.h>

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

bool has_password_file(std::string_view home) {
  Text path(home);
  path.append("/.pgpass");
  return ::access(path.c_str(), F_OK) == 0;
}

}  // namespace

bool may_have_password(const Answer& answer, const CallSettings& call, const Target& target,
                       int libpq_version) {
  if (!call.get("password").empty() || environment("PGPASSWORD") != nullptr) return true;
  if (target.section.has_password || !answer.get("passfile").empty()) return true;
  // A section that libpq found and we did not may have one.
  if (!target.service.empty() && target.section.name.empty()) return true;
  // Before 15, libpq takes the home directory from the passwd database: it has to be asked there.
  Text home;
  return libpq_version < 150000 || !home_directory(home) || has_password_file(home.view());
}

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

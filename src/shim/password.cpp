#include "password.hpp"

#include <sys/stat.h>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/token_kind.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

bool names_all(const Record& record, std::string_view hosts) {
  std::string_view host;
  while (take_until(hosts, ',', host)) {
    Text normal;
    append_normal_host(normal, host);
    std::size_t position = 0;
    std::string_view key;
    std::string_view value;
    do {
      if (!record.next(position, key, value)) return false;
    } while (key != "host" || value != normal.view());
  }
  return true;
}

// Tells for whom we issued this token.
bool issued_by_us(const Cache& cache, std::string_view token, const Target& target,
                  GivenPassword& given) {
  Text message("issued");
  message.append(token);
  Text text;
  Record record;
  if (!cache.read(k_kind_issued, cache.name(message.view()), text) ||
      !record.parse(text.view(), k_kind_issued))
    return false;
  if (record.get("identity").empty()) return false;
  given.token.assign(token);
  given.identity.assign(record.get("identity"));
  given.expires_ms = record.number("expires_ms", 0);
  given.exchanged = record.number("exchanged", 0) != 0;
  // Elsewhere it is a token like any other.
  const bool here = !given.exchanged || names_all(record, target.hosts.view());
  given.kind = here ? GivenPassword::Kind::our_token : GivenPassword::Kind::native;
  return true;
}

bool is_user_token(TokenKind kind, const Target& target) {
  return kind == TokenKind::workspace || (kind == TokenKind::jwt && !on_behalf_of(target).empty());
}

bool has_password_file(std::string_view home) {
  Text path(home);
  path.append("/.pgpass");
  struct stat st {};
  return status_of(path.c_str(), &st) == 0;
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

std::string_view on_behalf_of(const Target& target) {
  const std::string_view directive = target.section.directives.get("on_behalf_of");
  if (!directive.empty()) return directive;
  const char* variable = environment("PGLAKEBASE_ON_BEHALF_OF");
  return variable != nullptr ? variable : "";
}

void judge_password(const Answer& answer, const CallSettings& call, const Target& target,
                    const Cache& cache, bool user_given, GivenPassword& given) {
  using Kind = GivenPassword::Kind;
  const std::string_view password = answer.password();
  given = GivenPassword();
  if (password.empty()) return;
  const char* variable = environment("PGPASSWORD");
  const TokenKind kind = token_kind(password);
  if (kind == TokenKind::jwt && issued_by_us(cache, password, target, given)) {
    // A program that connects again hands back our token, with the user's own still in its
    // environment.
    if (given.exchanged && given.kind == Kind::our_token && variable != nullptr &&
        is_user_token(token_kind(variable), target))
      given.user_token.assign(variable);
    return;
  }
  // A stray variable or a wildcard line of a password file must not switch a service off that says
  // how it signs in, nor outrank what the program itself says; a password in the service's own
  // section is its owner's word.
  const bool in_section = !answer.get("password").empty() &&
                          (variable == nullptr || answer.get("password") != variable);
  const bool stray = call.get("password").empty() && !in_section;
  if (stray && (user_given || (target.has_directives() && on_behalf_of(target).empty()))) return;
  given.kind = Kind::native;
  if (!is_user_token(kind, target)) return;
  given.kind = Kind::user_token;
  given.user_token.assign(password);
}

}  // namespace pglakebase

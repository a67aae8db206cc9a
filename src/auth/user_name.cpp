#include "pglakebase/auth/user_name.hpp"

#include <algorithm>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/key_value.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_day_ms = 24LL * 3600 * 1000;
constexpr std::size_t k_longest_name = 256;

std::string remedy(int) {
  return "give the role's name yourself (user=… or PGUSER)";
}

}  // namespace

UserName::UserName(const SourceContext& context, const CredentialSource& source,
                   const Principal& principal)
    : context_(context), lasting_(!principal.changing) {
  Text text;
  text.append("user\n");
  append_field(text, "workspace", context.settings.workspace());
  append_field(text, "source", source.name());
  append_field(text, "principal", principal.id);
  name_ = context.cache.name(text.view());
}

std::string UserName::remembered() const {
  if (!lasting_) return {};
  Text text;
  Record record;
  if (!context_.cache.read(k_kind_user, name_, text) || !record.parse(text.view(), k_kind_user))
    return {};
  const std::int64_t age_ms = context_.clock.wall_ms() - record.number("found_ms", 0);
  return age_ms >= 0 && age_ms <= k_day_ms ? std::string(record.get("user")) : std::string();
}

std::string UserName::ask(WorkspaceApi& api) const {
  const Call call{"the name of the identity", context_.settings.workspace()};
  const auto answer = api.get("/api/2.0/preview/scim/v2/Me?attributes=userName", call.what, remedy);
  std::string user = string_field(answer.json, "userName", call);
  const bool printable = std::none_of(user.begin(), user.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (user.empty() || user.size() > k_longest_name || !printable)
    throw_unexpected(call, "userName is no name");
  if (!lasting_) return user;
  Text text;
  Record::begin(text, k_kind_user);
  append_field(text, "user", user);
  append_field(text, "found_ms", context_.clock.wall_ms());
  Record::finish(text);
  if (text.ok()) context_.cache.write(k_kind_user, name_, text.view());
  return user;
}

}  // namespace pglakebase

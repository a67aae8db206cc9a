#include "pglakebase/auth/workspace_tokens.hpp"

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/scopes.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

EntryName token_name(const SourceContext& context, const CredentialSource& source,
                     const Principal& principal) {
  Text text;
  text.append("workspace\n");
  append_field(text, "workspace", context.settings.workspace());
  append_field(text, "workspace_id", context.settings.workspace_id());
  append_field(text, "source", source.name());
  append_field(text, "principal", principal.id);
  append_field(text, "scopes", scopes(context.settings));
  // With it come headers beside the token.
  append_field(text, "azure_workspace_resource_id",
               context.settings.get("azure_workspace_resource_id"));
  return context.cache.name(text.view());
}

// "Name: value" lines.
std::string joined(const std::vector<WorkspaceToken::Header>& headers) {
  std::string lines;
  for (const auto& [name, value] : headers) lines += name + ": " + value.reveal() + "\n";
  return lines;
}

std::vector<WorkspaceToken::Header> split(std::string_view lines) {
  std::vector<WorkspaceToken::Header> headers;
  std::string_view line;
  while (take_until(lines, '\n', line)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.push_back({std::string(line.substr(0, colon)), Secret(line.substr(colon + 2))});
  }
  return headers;
}

}  // namespace

WorkspaceTokens::WorkspaceTokens(const SourceContext& context, const CredentialSource& source,
                                 const Principal& principal, std::int64_t lock_deadline_ms)
    : context_(context),
      source_(source),
      lock_deadline_ms_(lock_deadline_ms),
      name_(token_name(context, source, principal)) {}

const WorkspaceToken& WorkspaceTokens::get() {
  if (!token_.token.empty()) return token_;
  const FileLock lock =
      FileLock::acquire(context_.cache, name_, lock_deadline_ms_, LockLevel::workspace);
  if (!lock.held())
    throw AuthError("another process's sign-in to " + context_.settings.workspace() +
                        " is still under way; try again in a moment",
                    false, 0);
  if (read_cached()) return token_;
  auto got = source_.get(context_);
  if (const auto* declined = std::get_if<NotConfigured>(&got)) throw SourceDeclined(declined->why);
  token_ = std::get<WorkspaceToken>(got);
  from_cache_ = false;
  store();
  return token_;
}

bool WorkspaceTokens::renew() {
  if (!from_cache_ || !refused_.empty()) return false;
  refused_ = token_.token;
  token_ = {};
  return true;
}

// One that ages is as good as any for the call that follows at once.
bool WorkspaceTokens::read_cached() {
  Text text;
  Record record;
  if (!context_.cache.read(k_kind_workspace, name_, text) ||
      !record.parse(text.view(), k_kind_workspace))
    return false;
  // A file of that name proves little: files can be given other names.
  if (record.get("name") != name_.view()) return false;
  WorkspaceToken token;
  token.token = Secret(record.get("token"));
  token.issued_ms = record.number("issued_ms", 0);
  token.expires_ms = record.number("expires_ms", 0);
  token.headers = split(record.get("headers"));
  if (token.token.empty() || token.token.reveal() == refused_.reveal()) return false;
  const Lifetime life{token.issued_ms, token.expires_ms, 0};
  const Freshness state = freshness(life, context_.clock.wall_ms(), 0);
  if (state != Freshness::fresh && state != Freshness::ageing) return false;
  token_ = token;
  from_cache_ = true;
  return true;
}

void WorkspaceTokens::store() const {
  if (token_.expires_ms == 0) return;
  Text text;
  Record::begin(text, k_kind_workspace);
  append_field(text, "name", name_.view());
  append_field(text, "token", token_.token.reveal());
  append_field(text, "issued_ms", token_.issued_ms);
  append_field(text, "expires_ms", token_.expires_ms);
  if (!token_.headers.empty()) append_field(text, "headers", joined(token_.headers));
  Record::finish(text);
  if (text.ok()) context_.cache.write(k_kind_workspace, name_, text.view());
}

}  // namespace pglakebase

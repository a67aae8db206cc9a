#include "pglakebase/auth/fetch.hpp"

#include <algorithm>
#include <string>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure_workspace.hpp"
#include "pglakebase/auth/chain.hpp"
#include "pglakebase/auth/database_credential.hpp"
#include "pglakebase/auth/descriptors.hpp"
#include "pglakebase/auth/discovery.hpp"
#include "pglakebase/auth/entries.hpp"
#include "pglakebase/auth/scopes.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/auth/target.hpp"
#include "pglakebase/auth/user_name.hpp"
#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/entra_client.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/core/key_value.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_sentence = 1500;
// The earliest that any process starts to renew, so that what a host finds ageing is never fresh
// here.
constexpr unsigned k_full_jitter = 1000;
constexpr std::int64_t k_longest_back_off_ms = 60'000;
constexpr std::int64_t k_native_password_life_ms = 900'000;
// Failures further apart are of two outages.
constexpr std::int64_t k_same_outage_ms = 300'000;

// USER_EMAIL tells the role of whoever sits at this machine, and no service principal's.
bool is_a_persons(const Chain::Candidate& candidate) {
  constexpr std::string_view sources[] = {"pat", "databricks-cli", "azure-cli", "metadata-service"};
  return candidate.principal.user.empty() &&
         std::find(std::begin(sources), std::end(sources), candidate.source->name()) !=
             std::end(sources);
}

EntryName identity_name(const SourceContext& context, const Chain::Candidate& candidate,
                        const Target& target) {
  const Settings& settings = context.settings;
  Text text;
  text.append("identity\n");
  append_field(text, "workspace", settings.workspace());
  append_field(text, "workspace_id", settings.workspace_id());
  append_field(text, "source", candidate.source->name());
  append_field(text, "principal", candidate.principal.id);
  append_field(text, "scopes", scopes(settings));
  append_field(text, "target", target.text());
  for (const char* input : {"claims", "ttl", "group"})
    append_field(text, input, settings.get(input));
  if (is_a_persons(candidate)) append_field(text, "user_email", settings.get("user_email"));
  return context.cache.name(text.view());
}

/// One candidate's way to a credential.
class SignIn {
 public:
  SignIn(const FetchContext& run, const SourceContext& context, const Chain::Candidate& candidate,
         const Target& target)
      : run_(run),
        context_(context),
        candidate_(candidate),
        target_(target),
        entries_(run.cache, run.request),
        identity_(identity_name(context, candidate, target)),
        tokens_(context, *candidate.source, candidate.principal, run.deadline_ms),
        api_(context, tokens_),
        user_name_(context, *candidate.source, candidate.principal) {}

  Credential credential() {
    const FileLock lock = FileLock::acquire(run_.cache, identity_, run_.deadline_ms);
    if (!lock.held())
      throw AuthError("another process's sign-in to " + context_.settings.workspace() +
                          " is still under way; try again in a moment",
                      false, 0);
    Credential credential;
    const bool found = entries_.read_credential(identity_, credential);
    const bool kept = found && good(credential);
    if (!kept) {
      // Who asks meanwhile, or if this fails, need not go without what is still valid.
      if (found && valid(credential))
        entries_.write_resolution(identity_, context_.settings.files());
      credential = issue();
    }
    credential.identity.assign(identity_.view());
    const bool had_user = !credential.user.empty();
    if (!had_user) credential.user.assign(known_user());
    // Stored before the name is asked for: whoever needs none can have it.
    if (!kept || (!had_user && !credential.user.empty()))
      entries_.write_credential(identity_, credential);
    if (credential.user.empty() && run_.request.need_user) {
      credential.user.assign(user_name_.ask(api_));
      entries_.write_credential(identity_, credential);
    }
    entries_.write_issued(credential, is_exchange());
    entries_.write_resolution(identity_, context_.settings.files());
    // By the clock that the files' times are from.
    if (!kept) sweep(run_.cache, wall_clock_ms());
    return credential;
  }

 private:
  bool valid(const Credential& credential) const {
    return freshness(lifetime(credential), run_.clock.wall_ms(), k_full_jitter) !=
           Freshness::expired;
  }

  Lifetime lifetime(const Credential& credential) const {
    return credential.lifetime(run_.request.refresh_before_ms, run_.clock.since_boot_ms());
  }

  // Does what stands in the cache spare us the calls?
  bool good(const Credential& credential) const {
    const std::int64_t now = run_.clock.wall_ms();
    const Lifetime life = lifetime(credential);
    const Freshness state = freshness(life, now, k_full_jitter);
    if (state == Freshness::expired ||
        !issued_later(credential.issued_ms, run_.request.issued_after_ms, now))
      return false;
    // While we waited for the lock. What the clock has not reached is older than it looks.
    if (credential.issued_ms >= run_.started_ms && credential.issued_ms <= now) return true;
    return state == Freshness::fresh &&
           credential.expires_ms - life.reckoned_ms(now) >= run_.request.min_life_ms;
  }

  // A file with a user's token is there the next time, too.
  bool is_exchange() const {
    const Setting* token = context_.settings.find("user_token");
    return token != nullptr && token->name == "user_token";
  }

  Credential issue() {
    if (target_.kind != Target::Kind::host) return issue_credential(api_, target_);
    Discovery discovery(api_, run_.cache, run_.clock);
    try {
      return issue_credential(api_, discovery.find(target_));
    } catch (const AuthError& error) {
      if (error.status() != 404 || !discovery.forget(target_)) throw;
    }
    return issue_credential(api_, discovery.find(target_));
  }

  std::string known_user() const {
    const std::string_view group = context_.settings.get("group");
    if (!group.empty()) return std::string(group);
    if (!candidate_.principal.user.empty()) return candidate_.principal.user;
    const std::string_view email = context_.settings.get("user_email");
    if (!email.empty() && is_a_persons(candidate_)) return std::string(email);
    return user_name_.remembered();
  }

  const FetchContext& run_;
  const SourceContext& context_;
  const Chain::Candidate& candidate_;
  const Target& target_;
  Entries entries_;
  EntryName identity_;
  WorkspaceTokens tokens_;
  WorkspaceApi api_;
  UserName user_name_;
};

// A password of PostgreSQL's own that is kept elsewhere. It has no end; it is looked at again
// often, and at once where a server refuses it.
void append_native_password(const FetchContext& run, const SourceContext& context,
                            const Setting& setting, Text& reply) {
  if (run.request.need_user)
    throw ConfigError("native_password (from " + setting.origin() +
                      ") is the password of a role that nobody names; set user= for the service, "
                      "or PGUSER");
  const Secret password = reveal_secret(context, setting);
  Text text;
  text.append("native\n").append(run.request.selecting);
  const Entries entries(run.cache, run.request);
  Credential credential;
  credential.identity.assign(run.cache.name(text.view()).view());
  credential.token.assign(password.reveal());
  credential.issued_ms = run.clock.wall_ms();
  credential.expires_ms = credential.issued_ms + k_native_password_life_ms;
  const EntryName identity = run.cache.name(text.view());
  entries.write_credential(identity, credential);
  entries.write_issued(credential, /*exchanged=*/false);
  entries.write_resolution(identity, context.settings.files());
  credential.append_record(reply);
}

// `files` gets the stamps of what the settings were read from.
void append_credential(const FetchContext& run, Text& reply, std::string& files) {
  Settings settings = Settings::resolve(run.request);
  files = settings.files();
  const SourceContext context{settings, run.cache, run.http, run.clock, run.deadline_ms};
  if (const std::string lacks = entra_client_lacks(settings); !lacks.empty())
    throw ConfigError("missing for the sign-in that " + settings.find("key_vault")->origin() +
                      " asks for: " + lacks + "; set them all");
  const Setting* password = settings.find("native_password");
  if (password != nullptr && settings.find("user_token") == nullptr) {
    append_native_password(run, context, *password, reply);
    return;
  }
  settle_workspace(settings, context);
  const Target target = choose_target(settings, run.request);
  Chain chain(all_sources(), context);
  try {
    while (const Chain::Candidate* candidate = chain.next()) {
      try {
        SignIn sign_in(run, context, *candidate, target);
        sign_in.credential().append_record(reply);
        return;
      } catch (const SourceDeclined& declined) {
        chain.declined(declined.what());
      }
    }
  } catch (const AuthError& error) {
    AuthError told(error.what() + chain.story(), error.permanent(), error.hold_ms(),
                   error.status());
    told.set_files(error.files());
    throw told;
  } catch (const ConfigError& error) {
    throw ConfigError(error.what() + chain.story(), error.hold_ms());
  }
  chain.throw_exhausted();
}

// Settings are people's own text, and the sentence ends on a terminal.
std::string printable(std::string sentence) {
  for (char& c : sentence)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  if (sentence.size() > k_longest_sentence) sentence.resize(k_longest_sentence);
  return sentence;
}

Failure make_failure(const FetchContext& run, const std::string& sentence, bool permanent,
                     std::int64_t hold_ms) {
  Failure failure;
  failure.sentence.assign(printable(sentence));
  failure.permanent = permanent;
  failure.seen_ms = run.clock.wall_ms();
  failure.not_before_ms = failure.seen_ms + hold_ms;
  failure.material.assign(run.request.material);
  failure.network.assign(run.request.network_digest);
  return failure;
}

// Says nothing of others, who may have more, and so is never stored.
Failure make_own_failure(const FetchContext& run, const std::string& of_what,
                         const std::string& limit) {
  return make_failure(run,
                      "signing in to Databricks failed for want " + of_what +
                          " within this process; raise its " + limit + ", or the machine's",
                      false, 0);
}

// While an outage lasts, each look at it doubles the time to the next.
void back_off(const Entries& entries, Failure& failure) {
  const std::int64_t hold_ms = failure.not_before_ms - failure.seen_ms;
  Failure before;
  if (failure.permanent || hold_ms < AuthError::k_outage_hold_ms || !entries.read_failure(before) ||
      before.permanent || before.material.view() != failure.material.view() ||
      before.network.view() != failure.network.view() ||
      before.files.view() != failure.files.view())
    return;
  const std::int64_t held_ms = before.not_before_ms - before.seen_ms;
  const std::int64_t since_ms = failure.seen_ms - before.not_before_ms;
  if (held_ms < AuthError::k_outage_hold_ms || before.seen_ms > failure.seen_ms ||
      since_ms > k_same_outage_ms)
    return;
  failure.not_before_ms =
      failure.seen_ms + std::max(hold_ms, std::min(2 * held_ms, k_longest_back_off_ms));
}

}  // namespace

bool fetch(const FetchContext& run, Text& reply) {
  const Entries entries(run.cache, run.request);
  const FetchingNote note(run.cache, entries.request_name());
  Failure failure;
  std::string files;
  bool answered = false;
  try {
    append_credential(run, reply, files);
    return true;
  } catch (const ConfigError& error) {
    if (files.empty()) files = error.files();
    failure = make_failure(run, error.what(), true, error.hold_ms());
  } catch (const AuthError& error) {
    files += error.files();
    answered = error.status() != 0;
    failure = make_failure(run, error.what(), error.permanent(), error.hold_ms());
  } catch (const std::bad_alloc&) {
    failure = make_own_failure(run, "of memory", "memory limit (ulimit -v)");
  } catch (const std::exception& error) {
    failure = make_failure(run,
                           std::string("signing in to Databricks failed within this machine (") +
                               error.what() + "); check its memory, and reinstall pglakebase",
                           false, AuthError::k_unreachable_hold_ms);
  }
  if (!answered && descriptors_run_short())
    failure = make_own_failure(run, "of file descriptors", "limit of open files (ulimit -n)");
  failure.files.assign(files);
  back_off(entries, failure);
  if (failure.not_before_ms > failure.seen_ms) entries.write_failure(failure);
  failure.append_record(reply);
  return false;
}

}  // namespace pglakebase

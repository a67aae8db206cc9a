#include "pglakebase/auth/check_hosts.hpp"

#include <string>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure_workspace.hpp"
#include "pglakebase/auth/chain.hpp"
#include "pglakebase/auth/discovery.hpp"
#include "pglakebase/auth/owned_hosts.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/auth/target.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/host_check.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

// Of a workspace with many projects nobody waits for the end.
constexpr int k_most_calls = 24;

std::string shown(const Target& target) {
  return (target.kind == Target::Kind::instance ? "the instance " : "the endpoint ") + target.name;
}

std::string setting_for(const Target& target) {
  return target.kind == Target::Kind::instance
             ? "instance=" + target.name + " (LAKEBASE_INSTANCE_NAME)"
             : "endpoint=" + target.name + " (LAKEBASE_ENDPOINT)";
}

/// What is not as it was meant, for one candidate of the chain.
class HostJudge {
 public:
  HostJudge(const FetchContext& run, const Target& target, WorkspaceApi& api)
      : run_(run), target_(target), api_(api) {}

  // Throws AuthError where the workspace does not say.
  void judge(HostCheck& check) {
    const bool there = ask();
    if (there && !owned_.known()) return;
    std::string first;
    for (const std::string& host : run_.request.hosts) {
      // A name that somebody gave it himself may lead anywhere.
      if (host_kind(host) == HostKind::other || owned_.own(host)) continue;
      check.hosts.append(host).append_char('\n');
      if (first.empty()) first = host;
    }
    if (!first.empty()) check.sentence.assign(sentence(first, there));
  }

 private:
  // False if there is no such endpoint or instance, or none that this identity may see.
  bool ask() {
    const bool instance = target_.kind == Target::Kind::instance;
    const std::string path = instance
                                 ? "/api/2.0/database/instances/" + percent_encoded(target_.name)
                                 : "/api/2.0/postgres/" + target_.name;
    try {
      const auto answer = api_.get(path, shown(target_), [](int) { return std::string(); }).json;
      owned_ = instance ? OwnedHosts::of_instance(answer) : OwnedHosts::of_endpoint(answer);
      return true;
    } catch (const AuthError& error) {
      if (error.status() == 404) return false;
      throw;
    }
  }

  std::string sentence(const std::string& host, bool there) {
    std::optional<Target> owner;
    bool looked_everywhere = true;
    try {
      owner = Discovery(api_, run_.cache, run_.clock, k_most_calls)
                  .look({Target::Kind::host, direct(host), ""}, target_.name);
    } catch (const AuthError&) {
      looked_everywhere = false;
    }
    const std::string named = shown(target_) + " (from " + target_.origin + ")";
    if (owner) {
      if (owner->text() == target_.text()) return {};
      const std::string is = "the host " + host + " is that of " + shown(*owner) + " and not of " +
                             named + "; set " + setting_for(*owner);
      return there ? is + ", or connect to " + owned_.first() : is;
    }
    if (!there) return {};
    const std::string is_not = "the host " + host + " is not that of " + named;
    const std::string own = "; connect to its own host, " + owned_.first();
    if (!looked_everywhere)
      return is_not + own + ", or set the " + kind() + " that the host belongs to";
    const Settings& settings = api_.settings();
    return is_not + ", nor of anything else that this identity sees in " + settings.workspace() +
           " (from " + settings.workspace_origin() + ")" + own + ", or set the workspace and the " +
           kind() + " that the host belongs to";
  }

  const char* kind() const {
    return target_.kind == Target::Kind::instance ? "instance" : "endpoint";
  }

  static std::string direct(const std::string& host) {
    Text text;
    append_direct_host(text, host);
    return std::string(text.view());
  }

  const FetchContext& run_;
  const Target& target_;
  WorkspaceApi& api_;
  OwnedHosts owned_;
};

void look(const FetchContext& run, HostCheck& check) {
  Settings settings = Settings::resolve(run.request);
  const SourceContext context{settings, run.cache, run.http, run.clock, run.deadline_ms};
  settle_workspace(settings, context);
  const Target target = choose_target(settings, run.request);
  // What was found by the host itself is the host's.
  if (target.kind == Target::Kind::host) return;
  Chain chain(all_sources(), context);
  while (const Chain::Candidate* candidate = chain.next()) {
    WorkspaceTokens tokens(context, *candidate->source, candidate->principal, run.deadline_ms);
    WorkspaceApi api(context, tokens);
    try {
      HostJudge(run, target, api).judge(check);
      return;
    } catch (const SourceDeclined& declined) {
      chain.declined(declined.what());
    }
  }
}

// Settings are people's own text, and the sentence ends on a terminal.
void make_printable(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i)
    if (static_cast<unsigned char>(text.data()[i]) < 0x20 || text.data()[i] == 0x7f)
      text.data()[i] = '?';
}

}  // namespace

bool check_hosts(const FetchContext& run, Text& reply) {
  const EntryName name = run.cache.name(run.request.selecting);
  const FileLock lock = FileLock::acquire(run.cache, name, run.deadline_ms);
  if (!lock.held()) return false;
  Text text;
  HostCheck check;
  // Another may have looked while this one waited.
  if (!(run.cache.read(k_kind_hosts, name, text) && check.parse(text.view()) && check.done &&
        check.at_ms >= run.started_ms)) {
    check = {};
    try {
      look(run, check);
    } catch (const std::exception&) {
      check = {};
    }
    make_printable(check.sentence);
    check.at_ms = run.clock.wall_ms();
    check.done = true;
    text.clear();
    check.append_record(text);
    if (text.ok()) run.cache.write(k_kind_hosts, name, text.view());
  }
  check.append_record(reply);
  return reply.ok();
}

}  // namespace pglakebase

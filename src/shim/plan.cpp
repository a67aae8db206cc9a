#include "plan.hpp"

#include <climits>

#include "ask.hpp"
#include "inert.hpp"
#include "option_place.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/log.hpp"
#include "pglakebase/core/service_file.hpp"
#include "pglakebase/core/view.hpp"
#include "thread_user.hpp"

namespace pglakebase {
namespace {

// Tells a default from a given value: no role or database has this name.
constexpr const char* k_marker = "pglakebase marks what nobody gave";

class Planning {
 public:
  Planning(const Libpq& libpq, Arguments& arguments, bool expand_dbname, Cache& cache)
      : libpq_(libpq),
        arguments_(arguments),
        expand_dbname_(expand_dbname),
        cache_(cache),
        settings_(libpq, arguments.keywords(), arguments.values(), expand_dbname) {}

  Plan run() {
    if (!is_libpqs_alone() && find_out() && !has_own_password()) {
      plan_.kind = Plan::Kind::credential;
      if (plan_.refusal.empty()) judge_target();
      if (plan_.refusal.empty()) choose_tls_settings();
      if (!plan_.refusal.empty()) plan_.kind = Plan::Kind::refused;
    }
    arguments_.reset();
    return static_cast<Plan&&>(plan_);
  }

 private:
  using Kind = GivenPassword::Kind;

  // Asked about a service that it reads from a pipe, libpq would find nothing there afterwards.
  bool is_libpqs_alone() const {
    const bool named = !settings_.get("service").empty() || environment("PGSERVICE") != nullptr;
    return named && service_file_is_stream(settings_.get("servicefile"));
  }

  // What libpq makes of the parameters, and whether that is Lakebase. A password of ours keeps
  // password files unread, a user of ours spares the passwd database.
  bool find_out() {
    arguments_.prepend("user", k_marker);
    arguments_.append("password", "x");
    const Answer answer(libpq_, arguments_, expand_dbname_);
    if (!answer.resolved() || !settings_.ok()) return false;
    plan_.target = find_target(answer, settings_);
    const Target& target = plan_.target;
    if (target.kind == Target::Kind::other ||
        !service_allowed_here(target.service.view(), target.own_hosts) ||
        target.section.directives.get("auth") == "native")
      return false;

    // An empty one in a connection string keeps libpq from all others but the system's user.
    plan_.user_missing = answer.get("user") == k_marker
                             ? environment("PGUSER") == nullptr && target.section.user.empty()
                             : settings_.get("user").empty();
    note_user(answer);
    plan_.dbname_missing = answer.get("dbname") == k_marker ||
                           (answer.get("dbname") == answer.get("user") && dbname_follows_user());
    plan_.options.assign(answer.get("options"));
    plan_.has_gssencmode = answer.knows("gssencmode");
    note_timeout(answer.get("connect_timeout"));
    sslmode_.assign(answer.get("sslmode"));
    sslrootcert_.assign(answer.get("sslrootcert"));
    if (sslrootcert_.empty()) find_root_place(libpq_, answer.connection());
    plan_.roots.hostaddrs.assign(answer.get("hostaddr"));
    plan_.roots.ports.assign(answer.get("port"));
    has_sni_ = answer.knows("sslsni");
    // Else the password of ours would be taken for one of the call's.
    arguments_.reset();
    may_have_password_ = may_have_password(answer, settings_, target, libpq_.libVersion());
    plan_.memorable = libpq_.libVersion() >= 150000 && !target.section.guessed &&
                      (!target.named || !target.section.name.empty()) &&
                      answer.get("passfile").empty() && answer.get("servicefile").empty() &&
                      settings_.get("servicefile").empty();
    return true;
  }

  // What is not read here may still be a number to libpq.
  void note_timeout(std::string_view text) {
    const bool number = parse_number(text, plan_.connect_timeout_s);
    plan_.bad_timeout = !text.empty() && (!number || plan_.connect_timeout_s > INT_MAX ||
                                          plan_.connect_timeout_s < INT_MIN);
  }

  // libpq's default for the database is the user's name, whoever gave that.
  bool dbname_follows_user() {
    arguments_.reset();
    arguments_.append("user", k_marker);
    arguments_.append("password", "x");
    const Answer answer(libpq_, arguments_, expand_dbname_);
    return answer.resolved() && answer.get("dbname") == k_marker;
  }

  // The marker stands in for what a service or the environment says.
  void note_user(const Answer& answer) {
    if (answer.get("user") != k_marker) {
      plan_.user.assign(answer.get("user"));
    } else if (!plan_.target.section.user.empty()) {
      plan_.user.assign(plan_.target.section.user.view());
    } else if (const char* user = environment("PGUSER")) {
      plan_.user.assign(user);
    }
  }

  bool has_own_password() {
    cache_ = Cache::open();
    // libpq may have loaded something since it was found.
    user_of_thread_ = thread_user_token(LoadCount::now());
    // A user id without a passwd entry ends libpq's resolution, unless a user is given.
    if (may_have_password_ && !ask_for_password(nullptr) && !ask_for_password("pglakebase"))
      return true;
    GivenPassword& given = plan_.given;
    if (given.kind == Kind::none && user_of_thread_ != nullptr) {
      given.kind = Kind::user_token;
      given.user_token.assign(user_of_thread_);
      if (given.user_token.empty())
        plan_.refusal.assign(
            "what this thread gave to pglakebase_set_user_token() is no token; give the user's, or "
            "NULL to connect as the program itself");
    }
    if (given.kind == Kind::native && on_behalf_of(plan_.target) == "required") {
      plan_.refusal.assign(
          "it acts on behalf of users only (on_behalf_of=required), and the password is no user's "
          "token for the workspace; give that one");
      return false;
    }
    if (given.kind == Kind::user_token || has_user_token_file()) forget_apps_user();
    return given.kind == Kind::native;
  }

  bool has_user_token_file() const {
    return plan_.target.section.directives.has("user_token_file") ||
           environment("PGLAKEBASE_USER_TOKEN_FILE") != nullptr;
  }

  // Databricks Apps name the app itself in PGUSER: nobody's wish for a user's connection.
  void forget_apps_user() {
    const char* user = environment("PGUSER");
    if (user == nullptr || plan_.user.view() != user) return;
    const std::string_view directive = plan_.target.section.directives.get("client_id");
    const char* variable = environment("PGLAKEBASE_CLIENT_ID");
    if (variable == nullptr) variable = environment("DATABRICKS_CLIENT_ID");
    if (directive != user && (variable == nullptr || plan_.user.view() != variable)) return;
    plan_.user.clear();
    plan_.user_missing = true;
  }

  // Asks again, without a password of ours: is there one that stands?
  bool ask_for_password(const char* user) {
    arguments_.reset();
    if (user != nullptr) arguments_.append("user", user);
    const Answer answer(libpq_, arguments_, expand_dbname_);
    if (!answer.resolved()) return false;
    judge_password(answer, settings_, plan_.target, cache_, user_of_thread_ != nullptr,
                   plan_.given);
    const bool unseen_section = !plan_.target.service.empty() && plan_.target.section.name.empty();
    if (user == nullptr && plan_.user_missing && unseen_section)
      plan_.user_missing = !user_is_given(answer);
    return true;
  }

  // A service that libpq found and we did not (LDAP, an unusual system directory) may have a user.
  static bool user_is_given(const Answer& answer) {
    Text name;
    return !answer.get("user").empty() && user_name(name) && answer.get("user") != name.view();
  }

  void judge_target() {
    const Target& target = plan_.target;
    Text& refusal = plan_.refusal;
    if (target.kind == Target::Kind::mixed) {
      refusal.append("the host list \"").append(target.hosts.view());
      refusal.append(
          "\" mixes Lakebase hosts with others, which must not get a Lakebase token; "
          "connect to them separately");
    } else if (!target.refused.empty()) {
      refusal.assign(target.refused.view());
    } else if (!pass_by_pooler()) {
      refusal.append("the connection pooler (\"").append(target.hosts.view());
      refusal.append("\") takes native passwords only; connect to \"");
      refusal.append(plan_.direct_hosts.view());
      refusal.append("\", or say \"#lakebase: strip_pooler=yes\" in the service");
    } else if (!has_sni_) {
      refusal.append("this program's libpq (version ").append_number(libpq_.libVersion() / 10000);
      refusal.append(
          ") does not send the server name (SNI) that Lakebase needs; use libpq 14 or "
          "newer");
    }
  }

  // False if a host is a pooler's and nobody said to go to the endpoint itself.
  bool pass_by_pooler() {
    // Native passwords are what poolers take.
    if (!plan_.target.section.directives.get("native_password").empty()) return true;
    std::string_view rest = plan_.target.hosts.view();
    std::string_view host;
    Text direct;
    bool pooled = false;
    while (take_until(rest, ',', host)) {
      if (!direct.empty()) direct.append_char(',');
      // Certificates name no host with the dot that ends an absolute name.
      if (host.ends_with('.')) host.remove_suffix(1);
      pooled = append_direct_host(direct, host) || pooled;
    }
    if (direct.view() == plan_.target.hosts.view()) return true;
    plan_.direct_hosts.assign(direct.view());
    if (pooled && plan_.target.section.directives.get("strip_pooler") != "yes") return false;
    plan_.target.hosts.assign(direct.view());
    return true;
  }

  void choose_tls_settings() {
    TlsAsked asked;
    asked.sslmode = sslmode_.view();
    asked.sslrootcert = sslrootcert_.view();
    asked.lax = plan_.target.section.directives.get("tls") == "require";
    asked.libpq_version = libpq_.libVersion();
    plan_.tls = choose_tls(asked);
    plan_.refusal.assign(plan_.tls.refused.view());
    if (plan_.tls.weighs_root) plan_.memorable = false;
    if (plan_.tls.is_bundle) plan_.roots.bundle.assign(plan_.tls.sslrootcert.view());
    if (asked.lax && plan_.refusal.empty())
      log_line("tls=require: the server is not verified", plan_.target.hosts.view());
  }

  const Libpq& libpq_;
  Arguments& arguments_;
  bool expand_dbname_;
  Cache& cache_;
  CallSettings settings_;
  Plan plan_;
  Text sslmode_;
  Text sslrootcert_;
  bool has_sni_ = false;
  bool may_have_password_ = true;
  const char* user_of_thread_ = nullptr;
};

}  // namespace

Plan make_plan(const Libpq& libpq, Arguments& arguments, bool expand_dbname, Cache& cache) {
  return Planning(libpq, arguments, expand_dbname, cache).run();
}

}  // namespace pglakebase

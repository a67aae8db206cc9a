#include "connect.hpp"

#include "arguments.hpp"
#include "ask.hpp"
#include "cancellation_keeper.hpp"
#include "connections.hpp"
#include "failed_connection.hpp"
#include "inert.hpp"
#include "password.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/log.hpp"
#include "pglakebase/core/obtain.hpp"
#include "pglakebase/core/view.hpp"
#include "renewal.hpp"
#include "target.hpp"
#include "tls_policy.hpp"

namespace pglakebase {
namespace {

// Tells a default from a given value: no role or database has this name.
constexpr const char* k_marker = "pglakebase marks what nobody gave";
// Where a connection has no credential yet.
constexpr const char* k_stand_in = "pglakebase";
constexpr const char* k_default_database = "databricks_postgres";

constexpr std::int64_t k_blocking_wait_ms = 30'000;
constexpr std::int64_t k_polling_wait_ms = 5'000;

class Connecting {
 public:
  Connecting(const ConnectCall& call, const Libpq& libpq)
      : call_(call),
        libpq_(libpq),
        arguments_(call.keywords, call.values),
        settings_(libpq, call.keywords, call.values, call.expand_dbname) {}

  bool run(PGconn*& connection) {
    Obtained obtained;
    {
      const CancellationKeeper keeper;
      if (!find_out()) return false;
      if (!wants_credential()) return false;
      if (refusal_.empty()) choose_settings();
      if (!refusal_.empty()) return refuse(connection);
      if (!get_credential(obtained)) return false;
      if (!refusal_.empty()) return refuse(connection);
      if (!obtained.ok) return postpone(connection, obtained);
    }
    return log_in(connection, obtained);
  }

 private:
  // What libpq makes of the parameters, and whether that is Lakebase. A password of ours keeps
  // password files unread, a user of ours spares the passwd database.
  bool find_out() {
    arguments_.prepend("user", k_marker);
    arguments_.append("password", "x");
    const Answer answer(libpq_, arguments_, call_.expand_dbname);
    arguments_.reset();
    if (!answer.resolved()) return false;
    target_ = find_target(answer, settings_);
    if (target_.kind == Target::Kind::other ||
        !service_allowed_here(target_.service.view(), target_.own_hosts))
      return false;

    user_missing_ = answer.get("user") == k_marker && environment("PGUSER") == nullptr &&
                    target_.section.user.empty();
    dbname_missing_ = answer.get("dbname") == k_marker ||
                      (answer.get("dbname") == answer.get("user") && dbname_follows_user());
    asked_tls_.assign(answer.get("sslmode"));
    asked_root_.assign(answer.get("sslrootcert"));
    has_gssencmode_ = answer.knows("gssencmode");
    has_sni_ = answer.knows("sslsni");
    parse_number(answer.get("connect_timeout"), connect_timeout_);
    return true;
  }

  // libpq's default for the database is the user's name, whoever gave that.
  bool dbname_follows_user() {
    arguments_.append("user", k_marker);
    arguments_.append("password", "x");
    const Answer answer(libpq_, arguments_, call_.expand_dbname);
    arguments_.reset();
    return answer.resolved() && answer.get("dbname") == k_marker;
  }

  bool wants_credential() {
    if (target_.section.directives.get("auth") == "native") return false;
    cache_ = Cache::open();
    GivenPassword given = GivenPassword::none;
    // A user id without a passwd entry ends libpq's resolution, unless a user is given.
    if (!ask_for_password(nullptr, given) && !ask_for_password("pglakebase", given)) return false;
    arguments_.reset();
    if (given == GivenPassword::native) return false;
    if (target_.kind == Target::Kind::mixed) {
      refusal_.append("the host list \"").append(target_.hosts.view());
      refusal_.append(
          "\" mixes Lakebase hosts with others, which must not get a Lakebase token; "
          "connect to them separately");
    } else if (!target_.refused.empty()) {
      refusal_.assign(target_.refused.view());
    } else if (!has_sni_) {
      refusal_.append("this program's libpq (version ").append_number(libpq_.libVersion() / 10000);
      refusal_.append(
          ") does not send the server name (SNI) that Lakebase needs; use libpq 14 or "
          "newer");
    }
    return true;
  }

  // Asks again, without a password of ours: is there one that stands?
  bool ask_for_password(const char* user, GivenPassword& given) {
    arguments_.reset();
    if (user != nullptr) arguments_.append("user", user);
    const Answer answer(libpq_, arguments_, call_.expand_dbname);
    if (!answer.resolved()) return false;
    given = judge_password(answer, settings_, target_, cache_, issued_to_);
    if (user == nullptr && user_missing_ && !target_.service.empty() &&
        target_.section.name.empty())
      user_missing_ = !user_is_from_unseen_section(answer);
    return true;
  }

  // A service that libpq found and we did not (LDAP, an unusual system directory) may have a user.
  static bool user_is_from_unseen_section(const Answer& answer) {
    Text name;
    return !answer.get("user").empty() && user_name(name) && answer.get("user") != name.view();
  }

  void choose_settings() {
    TlsAsked asked;
    asked.sslmode = asked_tls_.view();
    asked.sslrootcert = asked_root_.view();
    asked.lax = target_.section.directives.get("tls") == "require";
    asked.has_default_root = has_default_root();
    asked.libpq_version = libpq_.libVersion();
    tls_ = choose_tls(asked);
    if (!tls_.refused.empty()) refusal_.assign(tls_.refused.view());
    if (asked.lax && refusal_.empty())
      log_line("tls=require: the server is not verified", target_.hosts.view());
  }

  bool refuse(PGconn*& connection) {
    connection =
        refuse_connection(libpq_, arguments_, call_.expand_dbname, sentence(refusal_).view());
    return connection != nullptr;
  }

  Text sentence(const Text& reason) const {
    Text whole("pglakebase: no token for ");
    if (target_.service.empty()) {
      whole.append("the host ").append(target_.hosts.view());
    } else {
      whole.append("the service \"").append(target_.service.view()).append("\"");
    }
    whole.append(": ").append(reason.view());
    return whole;
  }

  // False if the caller's own password, or no memory, says to stand aside. Else `obtained` is a
  // credential or a failure that may pass, unless there is a refusal.
  bool get_credential(Obtained& obtained) {
    const Request request = Request::build(target_.hosts.view(), target_.service.view(),
                                           target_.section.directives, cache_);
    if (!request.ok()) return false;
    ObtainOptions options;
    options.need_user = user_missing_;
    options.deadline_ms = monotonic_ms() + patience_ms();
    obtained = obtain(cache_, request, options);
    // libpq may need the descriptor.
    cache_ = Cache();

    if (!obtained.ok) {
      if (obtained.failure.permanent) refusal_.assign(obtained.failure.sentence.view());
      return true;
    }
    // Somebody else's token of ours stays what it is.
    if (!issued_to_.empty() && issued_to_.view() != obtained.credential.identity.view())
      return false;
    if (user_missing_ && obtained.credential.user.empty())
      refusal_.append("no role name is known for this identity; give one (user=…)");
    return true;
  }

  bool postpone(PGconn*& connection, const Obtained& obtained) {
    append_settings(k_stand_in, k_stand_in);
    if (!arguments_.ok()) return false;
    const Text why = sentence(obtained.failure.sentence);
    Credential none;
    none.token.append(k_stand_in);
    connection = postpone_connection(libpq_, arguments_, call_.expand_dbname, why.view(),
                                     to_remember(none, false));
    return connection != nullptr;
  }

  bool log_in(PGconn*& connection, const Obtained& obtained) {
    append_settings(obtained.credential.token.c_str(), obtained.credential.user.c_str());
    if (!arguments_.ok()) return false;
    const auto function = call_.blocking ? libpq_.connectdbParams : libpq_.connectStartParams;
    connection = function(arguments_.keywords(), arguments_.values(), call_.expand_dbname ? 1 : 0);
    if (connection == nullptr) return true;
    remember(connection, to_remember(obtained.credential, obtained.from_cache));
    if (call_.blocking) settle(libpq_, connection);
    return true;
  }

  Remembered to_remember(const Credential& credential, bool from_cache) {
    Remembered remembered;
    remembered.hosts = static_cast<Text&&>(target_.hosts);
    remembered.service = static_cast<Text&&>(target_.service);
    remembered.directives = static_cast<Directives&&>(target_.section.directives);
    remembered.user_missing = user_missing_;
    remembered.patience_ms = patience_ms();
    note_credential(remembered, credential, from_cache);
    return remembered;
  }

  // Behind everything the caller says.
  void append_settings(const char* password, const char* user) {
    arguments_.reset();
    arguments_.append("password", password);
    if (user_missing_) arguments_.append("user", user);
    if (dbname_missing_) arguments_.append("dbname", k_default_database);
    if (!tls_.sslmode.empty()) arguments_.append("sslmode", tls_.sslmode.c_str());
    if (!tls_.sslrootcert.empty()) arguments_.append("sslrootcert", tls_.sslrootcert.c_str());
    if (has_gssencmode_) arguments_.append("gssencmode", "disable");
  }

  // libpq's connect_timeout counts in seconds; none, or none that can be read, means forever.
  std::int64_t patience_ms() const {
    if (!call_.blocking) return k_polling_wait_ms;
    return connect_timeout_ > 0 && connect_timeout_ * 1000 < k_blocking_wait_ms
               ? connect_timeout_ * 1000
               : k_blocking_wait_ms;
  }

  const ConnectCall& call_;
  const Libpq& libpq_;
  Arguments arguments_;
  CallSettings settings_;
  Target target_;
  Cache cache_;
  TlsChosen tls_;
  Text asked_tls_;
  Text asked_root_;
  Text issued_to_;
  Text refusal_;
  std::int64_t connect_timeout_ = 0;
  bool user_missing_ = false;
  bool dbname_missing_ = false;
  bool has_gssencmode_ = false;
  bool has_sni_ = false;
};

}  // namespace

bool connect_to_lakebase(const ConnectCall& call, PGconn*& connection) {
  Libpq libpq;
  if (call.keywords == nullptr || call.values == nullptr || !libpq.load(call.caller)) return false;
  return Connecting(call, libpq).run(connection);
}

}  // namespace pglakebase

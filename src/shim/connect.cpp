#include "connect.hpp"

#include "arguments.hpp"
#include "cancellation_keeper.hpp"
#include "connect_memo.hpp"
#include "connections.hpp"
#include "failed_connection.hpp"
#include "passed_over.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/obtain.hpp"
#include "plan.hpp"
#include "renewal.hpp"
#include "search_path.hpp"
#include "waking.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_default_database = "databricks_postgres";
// Where a connection has no credential yet.
constexpr const char* k_stand_in = "pglakebase";

constexpr std::int64_t k_blocking_wait_ms = 30'000;
constexpr std::int64_t k_polling_wait_ms = 5'000;

class Connecting {
 public:
  Connecting(const ConnectCall& call, const Libpq& libpq)
      : call_(call), libpq_(libpq), arguments_(call.keywords, call.values) {}

  bool run(PGconn*& connection) {
    if (!arguments_.ok()) return false;
    Obtained obtained;
    {
      const CancellationKeeper keeper;
      const ConnectMemo memo(call_, libpq_);
      if (!memo.find(plan_, obtained)) {
        plan_ = make_plan(libpq_, arguments_, call_.expand_dbname, cache_);
        if (plan_.kind == Plan::Kind::credential && !get_credential(memo, obtained)) return false;
      }
      if (plan_.kind == Plan::Kind::untouched) return false;
      if (plan_.kind == Plan::Kind::refused) return refuse(connection);
      if (!obtained.ok) return postpone(connection, obtained.failure.sentence);
    }
    return log_in(connection, obtained);
  }

 private:
  // False without memory. Else `obtained` is a credential or a failure that may pass, unless the
  // plan has become another.
  bool get_credential(const ConnectMemo& memo, Obtained& obtained) {
    GivenPassword& given = plan_.given;
    Request request;
    if (!given.exchanged || !given.user_token.empty()) {
      request = Request::build(plan_.target.hosts.view(), plan_.target.service.view(),
                               plan_.target.section.directives, cache_, given.user_token.view());
      if (!request.ok()) return false;
      ObtainOptions options;
      options.need_user = plan_.user_missing;
      options.deadline_ms = monotonic_ms() + patience_ms();
      obtained = obtain(cache_, request, options);
    }
    const bool other =
        !given.identity.empty() &&
        (!obtained.ok || given.identity.view() != obtained.credential.identity.view());
    if (given.exchanged && other) take_handed_back(obtained);
    if (obtained.ok) {
      choose_roots(libpq_, cache_, plan_.target.hosts.view(), plan_.roots);
      memo.keep(plan_, obtained, request, cache_.path());
    }
    // libpq may need the descriptor.
    cache_ = Cache();

    if (!obtained.ok) {
      if (obtained.failure.permanent) refuse_because(obtained.failure.sentence.view());
    } else if (other && !given.exchanged) {
      // A token that we issued to somebody else stays what it is.
      plan_.kind = Plan::Kind::untouched;
    } else if (plan_.user_missing && obtained.credential.user.empty()) {
      refuse_because("no role name is known for this identity; give one (user=…)");
    }
    return true;
  }

  // A token made from a user's that is not at hand: it goes on as long as it lives, or one that
  // somebody has renewed it by.
  void take_handed_back(Obtained& obtained) {
    const GivenPassword& given = plan_.given;
    handed_back_ = true;
    Credential& credential = obtained.credential;
    const std::int64_t now_ms = wall_clock_ms();
    if (!read_credential(cache_, given.identity.view(), credential) ||
        credential.expires_ms <= now_ms) {
      credential.token.assign(given.token.view());
      credential.expires_ms = given.expires_ms;
      credential.issued_ms = given.expires_ms - 1;
    }
    obtained.from_cache = true;
    obtained.ok = credential.expires_ms > now_ms;
    obtained.failure.permanent = true;
    obtained.failure.sentence.assign(k_handed_back);
  }

  void refuse_because(std::string_view reason) {
    plan_.kind = Plan::Kind::refused;
    plan_.refusal.assign(reason);
  }

  bool log_in(PGconn*& connection, const Obtained& obtained) {
    append_settings(obtained.credential.token.c_str(), obtained.credential.user.c_str());
    if (!arguments_.ok()) return false;
    const auto function = call_.blocking ? libpq_.connectdbParams : libpq_.connectStartParams;
    connection = function(arguments_.keywords(), arguments_.values(), call_.expand_dbname ? 1 : 0);
    if (connection == nullptr) return true;
    remember(connection, to_remember(obtained.credential, obtained.from_cache));
    if (call_.blocking) settle_awake(libpq_, connection, begun_ms_);
    return true;
  }

  bool refuse(PGconn*& connection) {
    connection =
        refuse_connection(libpq_, arguments_, call_.expand_dbname, sentence(plan_.refusal).view());
    return connection != nullptr;
  }

  bool postpone(PGconn*& connection, const Text& reason) {
    append_settings(k_stand_in, k_stand_in);
    if (!arguments_.ok()) return false;
    const Text why = sentence(reason);
    Credential none;
    none.token.append(k_stand_in);
    connection = postpone_connection(libpq_, arguments_, call_.expand_dbname, why.view(),
                                     to_remember(none, false));
    return connection != nullptr;
  }

  Text sentence(const Text& reason) const {
    Text whole("pglakebase: no token for ");
    if (plan_.target.service.empty()) {
      whole.append("the host ").append(plan_.target.hosts.view());
    } else {
      whole.append("the service \"").append(plan_.target.service.view()).append("\"");
    }
    whole.append(": ").append(reason.view());
    return whole;
  }

  Remembered to_remember(const Credential& credential, bool from_cache) {
    Remembered remembered;
    remembered.hosts = static_cast<Text&&>(plan_.target.hosts);
    remembered.service = static_cast<Text&&>(plan_.target.service);
    remembered.directives = static_cast<Directives&&>(plan_.target.section.directives);
    remembered.roots = static_cast<ChosenRoots&&>(plan_.roots);
    if (!handed_back_) remembered.user_token = static_cast<Text&&>(plan_.given.user_token);
    remembered.handed_back = handed_back_;
    remembered.user_missing = plan_.user_missing;
    remembered.patience_ms = patience_ms();
    remembered.wake_ms = wake_patience_ms(remembered.directives, plan_.connect_timeout_s);
    note_credential(remembered, credential, from_cache);
    return remembered;
  }

  // Behind everything the caller says.
  void append_settings(const char* password, const char* user) {
    arguments_.reset();
    arguments_.append("password", password);
    if (plan_.user_missing) arguments_.append("user", user);
    if (plan_.dbname_missing) arguments_.append("dbname", k_default_database);
    if (!plan_.direct_hosts.empty()) arguments_.append("host", plan_.direct_hosts.c_str());
    if (!plan_.tls.sslmode.empty()) arguments_.append("sslmode", plan_.tls.sslmode.c_str());
    const Text& root = plan_.roots.learned.empty() ? plan_.tls.sslrootcert : plan_.roots.learned;
    if (!root.empty()) arguments_.append("sslrootcert", root.c_str());
    if (plan_.has_gssencmode) arguments_.append("gssencmode", "disable");
    // With a stand-in for the user it is found when the user is known: then they are put in
    // together.
    if (plan_.user_missing && user == k_stand_in) return;
    Text schema;
    append_schema(schema, plan_.target.section.directives,
                  plan_.user_missing ? user : plan_.user.view());
    if (append_search_path(plan_.options, schema.view()))
      arguments_.append("options", plan_.options.c_str());
  }

  // libpq's connect_timeout counts in seconds; none, or none that can be read, means forever.
  std::int64_t patience_ms() const {
    if (!call_.blocking) return k_polling_wait_ms;
    const std::int64_t wanted = plan_.connect_timeout_s * 1000;
    return wanted > 0 && wanted < k_blocking_wait_ms ? wanted : k_blocking_wait_ms;
  }

  const ConnectCall& call_;
  const Libpq& libpq_;
  Arguments arguments_;
  Cache cache_;
  Plan plan_;
  bool handed_back_ = false;
  const std::int64_t begun_ms_ = monotonic_ms();
};

}  // namespace

bool connect_to_lakebase(const ConnectCall& call, const Libpq& libpq, PGconn*& connection) {
  if (call.keywords == nullptr || call.values == nullptr || can_be_passed_over(call, libpq))
    return false;
  return Connecting(call, libpq).run(connection);
}

}  // namespace pglakebase

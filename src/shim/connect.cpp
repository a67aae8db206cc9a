#include "connect.hpp"

#include "arguments.hpp"
#include "cancellation_keeper.hpp"
#include "connect_memo.hpp"
#include "connections.hpp"
#include "early_login.hpp"
#include "failed_connection.hpp"
#include "login_arguments.hpp"
#include "one_address.hpp"
#include "passed_over.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/obtain.hpp"
#include "plan.hpp"
#include "renewal.hpp"
#include "waking.hpp"

namespace pglakebase {
namespace {

// Where a connection has no credential yet.
constexpr const char* k_stand_in = "pglakebase";

constexpr std::int64_t k_blocking_wait_ms = 30'000;
constexpr std::int64_t k_polling_wait_ms = 5'000;

class Connecting {
 public:
  Connecting(const ConnectCall& call, const Libpq& libpq)
      : call_(call),
        libpq_(libpq),
        arguments_(call.keywords, call.values),
        ours_(arguments_),
        early_(libpq) {}

  bool run(PGconn*& connection) {
    if (!arguments_.ok()) return false;
    {
      const CancellationKeeper keeper;
      const ConnectMemo memo(call_, libpq_);
      if (!memo.find(login_)) {
        memory_ = MemoryWatch();
        plan_ = make_plan(libpq_, arguments_, call_.expand_dbname, cache_);
        Obtained obtained;
        if (plan_.kind == Plan::Kind::credential && !memory_.ran_out() &&
            !get_credential(memo, obtained))
          return false;
        if (plan_.kind != Plan::Kind::credential) early_.give_up();
        if (plan_.kind == Plan::Kind::untouched) return false;
        // Some setting may be missing, without which it would be another's.
        if (memory_.ran_out())
          refuse_because("no memory or descriptor is left, or its service file is over 1 MiB");
        if (plan_.kind == Plan::Kind::refused) return refuse(connection);
        from_cache_ = obtained.from_cache;
        if (!obtained.ok) return postpone(connection, obtained.failure.sentence);
      }
    }
    return log_in(connection);
  }

 private:
  // False without memory. Else `obtained` is a credential or a failure that may pass, unless the
  // plan has become another.
  bool get_credential(const ConnectMemo& memo, Obtained& obtained) {
    GivenPassword& given = plan_.given;
    Request request;
    // Beforehand, for a connection that is begun while the credential is fetched.
    choose_roots(libpq_, cache_, plan_.target.hosts.view(), plan_.roots);
    if (!given.exchanged || !given.user_token.empty()) {
      request = Request::build(plan_.target.hosts.view(), plan_.target.service.view(),
                               plan_.target.section.directives, cache_, given.user_token.view());
      if (!request.ok()) return false;
      ObtainOptions options;
      options.need_user = plan_.user_missing;
      options.deadline_ms = monotonic_ms() + patience_ms(plan_.connect_timeout_s);
      if (may_begin_early()) options.meanwhile = {go_on_early, this};
      obtained = obtain(cache_, request, options);
    }
    const bool other =
        !given.identity.empty() &&
        (!obtained.ok || given.identity.view() != obtained.credential.identity.view());
    if (given.exchanged && other) take_handed_back(obtained);
    if (obtained.ok) {
      login_ = Login(plan_, obtained.credential, request.refresh_before_ms());
      if (!memory_.ran_out()) {
        memo.keep(login_, plan_, obtained, request, cache_.path());
        // Nothing rests on that.
        memory_ = MemoryWatch();
      }
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
    plan_.refusal = Text(reason);
  }

  bool may_begin_early() const {
    // libpq complains of a bad timeout in blocking calls, and only there.
    if (call_.blocking && plan_.bad_timeout) return false;
    // Nobody is to be signed in without a user: no server need hear of that.
    const bool hopeless =
        plan_.given.user_token.empty() && on_behalf_of(plan_.target) == "required";
    return early_.possible() && !hopeless;
  }

  // A part of this connect itself, while the helper is waited for.
  static bool go_on_early(void* pointer, std::int64_t wait_ms) {
    auto& self = *static_cast<Connecting*>(pointer);
    if (!self.early_.begun()) {
      if (!self.take_stand_ins()) return false;
      self.early_.begin(self.arguments_, self.call_.expand_dbname);
    }
    return self.early_.advance(wait_ms);
  }

  // Null if none was begun, or none that could be brought to its end.
  PGconn* log_in_early() {
    const bool with_user = login_.user_missing();
    const EarlyLogin::Secrets secrets = {login_.c_str(Login::token),
                                         with_user ? login_.c_str(Login::tokens_user) : nullptr,
                                         with_user ? ours_.options() : nullptr};
    if (!early_.take(secrets)) return nullptr;
    if (call_.blocking && !early_.finish(login_.connect_timeout_s())) {
      // There is no other way that libpq could try in the time that it is given anew.
      time_is_up_ = early_.is_out_of_time() &&
                    is_one_address(login_.get(Login::hosts), login_.get(Login::hostaddrs));
      if (!time_is_up_) early_.give_up();
    }
    return early_.release();
  }

  bool log_in(PGconn*& connection) {
    if (!set_arguments()) return false;
    connection = log_in_early();
    const auto function = call_.blocking ? libpq_.connectdbParams : libpq_.connectStartParams;
    if (connection == nullptr)
      connection =
          function(arguments_.keywords(), arguments_.values(), call_.expand_dbname ? 1 : 0);
    if (connection == nullptr) return true;
    Text timeout;
    if (time_is_up_)
      timeout.append("connection to server at \"")
          .append(login_.get(Login::hosts))
          .append("\" failed: timeout expired");
    Remembered remembered = to_remember();
    remembered.login.wipe_token();
    if (time_is_up_) {
      postpone_connection(libpq_, connection, timeout.view(),
                          static_cast<Remembered&&>(remembered));
      return true;
    }
    remember(connection, static_cast<Remembered&&>(remembered));
    if (call_.blocking) settle_awake(libpq_, connection, begun_ms_);
    return true;
  }

  bool refuse(PGconn*& connection) {
    const Text why = sentence(plan_.refusal);
    if (!why.ok()) return false;
    connection = refuse_connection(libpq_, arguments_, call_.expand_dbname, why.view());
    return connection != nullptr;
  }

  // False without memory.
  bool take_stand_ins() {
    Credential none;
    none.token.append(k_stand_in);
    none.user.append(k_stand_in);
    login_ = Login(plan_, none, 0);
    return set_arguments();
  }

  bool postpone(PGconn*& connection, const Text& reason) {
    if (!take_stand_ins()) return false;
    const Text why = sentence(reason);
    connection = early_.release();
    if (connection == nullptr)
      connection = libpq_.connectStartParams(arguments_.keywords(), arguments_.values(),
                                             call_.expand_dbname ? 1 : 0);
    if (connection != nullptr) postpone_connection(libpq_, connection, why.view(), to_remember());
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

  Remembered to_remember() {
    Remembered remembered;
    remembered.login = static_cast<Login&&>(login_);
    const Login& login = remembered.login;
    remembered.roots.learned = !login.get(Login::learned_roots).empty();
    remembered.roots.unknown = plan_.roots.unknown;
    if (!handed_back_) remembered.user_token = static_cast<Text&&>(plan_.given.user_token);
    remembered.handed_back = handed_back_;
    remembered.patience_ms = patience_ms(login.connect_timeout_s());
    remembered.wake_ms = wake_patience_ms(login.all_directives(), login.connect_timeout_s());
    note_credential(remembered, login.get(Login::token), login.times(), from_cache_);
    return remembered;
  }

  // False without memory.
  bool set_arguments() { return ours_.set(login_) && !memory_.ran_out(); }

  // libpq's connect_timeout counts in seconds; none, or none that can be read, means forever.
  std::int64_t patience_ms(std::int64_t connect_timeout_s) const {
    if (!call_.blocking) return k_polling_wait_ms;
    const std::int64_t wanted = connect_timeout_s * 1000;
    return wanted > 0 && wanted < k_blocking_wait_ms ? wanted : k_blocking_wait_ms;
  }

  MemoryWatch memory_;
  const ConnectCall& call_;
  const Libpq& libpq_;
  Arguments arguments_;
  Cache cache_;
  Plan plan_;  // empty where a memo has told all
  Login login_;
  LoginArguments ours_;
  EarlyLogin early_;
  bool from_cache_ = true;
  bool handed_back_ = false;
  bool time_is_up_ = false;
  const std::int64_t begun_ms_ = monotonic_ms();
};

}  // namespace

bool connect_to_lakebase(const ConnectCall& call, const Libpq& libpq, PGconn*& connection) {
  if (call.keywords == nullptr || call.values == nullptr || can_be_passed_over(call, libpq))
    return false;
  return Connecting(call, libpq).run(connection);
}

}  // namespace pglakebase

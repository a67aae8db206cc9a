#include "connect_memo.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/service_file.hpp"
#include "pglakebase/core/view.hpp"
#include "stamped_memo.hpp"
#include "thread_user.hpp"

extern "C" char** environ;

namespace pglakebase {
namespace {

constexpr std::size_t k_usual_size = 8 * 1024;

constinit std::atomic<bool> g_has_connected{false};

void append_bytes(Text& out, const void* bytes, std::size_t size) {
  out.append({static_cast<const char*>(bytes), size});
}

// Of a variable or argument: text and end, so that two never look like one.
void append_string(Text& out, const char* string) {
  out.append(string).append_char('\0');
}

class Packing {
 public:
  explicit Packing(Text& out) : out_(out) {}

  void number(std::int64_t value) { append_bytes(out_, &value, sizeof value); }
  void flag(bool value) { number(value ? 1 : 0); }
  void text(const Text& value) { sized(value.view()); }
  void directives(const Directives& value) { sized(value.packed()); }

 private:
  void sized(std::string_view bytes) {
    number(static_cast<std::int64_t>(bytes.size()));
    out_.append(bytes);
  }

  Text& out_;
};

class Unpacking {
 public:
  explicit Unpacking(std::string_view bytes) : rest_(bytes) {}

  void number(std::int64_t& value) {
    const std::string_view bytes = take(sizeof value);
    std::memcpy(&value, bytes.data(), bytes.size());
  }
  void flag(bool& value) {
    std::int64_t number_read = 0;
    number(number_read);
    value = number_read != 0;
  }
  void text(Text& value) {
    value.assign(sized());
    ok_ = ok_ && value.ok();
  }
  void directives(Directives& value) { ok_ = value.unpack(sized()) && ok_; }
  bool ok() const { return ok_; }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view sized() {
    std::int64_t size = 0;
    number(size);
    return take(static_cast<std::size_t>(size));
  }
  std::string_view take(std::size_t size) {
    const std::string_view taken = slice(rest_, 0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// All that connecting needs of a plan with a credential.
template <typename PlanType>
auto texts_of(PlanType& plan) {
  return std::array{
      &plan.target.hosts,    &plan.target.service, &plan.tls.sslmode,  &plan.tls.sslrootcert,
      &plan.roots.hostaddrs, &plan.roots.ports,    &plan.roots.bundle, &plan.roots.learned,
      &plan.direct_hosts,    &plan.user,           &plan.options};
}

template <typename Way, typename PlanType>
void go_through(Way& way, PlanType& plan) {
  for (auto* text : texts_of(plan)) way.text(*text);
  way.directives(plan.target.section.directives);
  way.flag(plan.user_missing);
  way.flag(plan.dbname_missing);
  way.flag(plan.has_gssencmode);
  way.number(plan.connect_timeout_s);
}

// libpq looks no further than the file with the section that is named.
void add_service_files(Stamps& stamps, const Target& target) {
  ServiceFiles files;
  while (files.next_place()) {
    stamps.add(files.place().view());
    if (target.named && files.place().view() == target.section.file.view()) return;
  }
}

}  // namespace

ConnectMemo::ConnectMemo(const ConnectCall& call, const Libpq& libpq) {
  if (!g_has_connected.exchange(true, std::memory_order_relaxed)) return;
  // Every connection is to stand in the log with what was done about it.
  if (environment("PGLAKEBASE_LOG") != nullptr || thread_user_token(libpq.loaded) != nullptr) return;
  key_.reserve(k_usual_size);
  const uid_t user = ::geteuid();
  append_bytes(key_, &user, sizeof user);
  append_bytes(key_, &libpq.connectStartParams, sizeof libpq.connectStartParams);
  key_.append_char(call.expand_dbname ? 'x' : '-');
  for (std::size_t i = 0; call.keywords[i] != nullptr; ++i) {
    append_string(key_, call.keywords[i]);
    key_.append_char(call.values[i] != nullptr ? '=' : '-');
    append_string(key_, call.values[i] != nullptr ? call.values[i] : "");
  }
  key_.append_char('\0');
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable)
    append_string(key_, *variable);
  if (!key_.ok()) key_.clear();
}

bool ConnectMemo::find(Plan& plan, Obtained& obtained) const {
  Text value;
  if (!recall_value(key_.view(), value)) return false;
  Unpacking unpacking(value.view());
  std::int64_t refresh_before_ms = 0;
  unpacking.number(refresh_before_ms);
  Plan found;
  go_through(unpacking, found);
  Credential credential;
  if (!unpacking.ok() || !credential.parse(unpacking.rest()) ||
      !is_fresh(credential, refresh_before_ms))
    return false;
  found.kind = Plan::Kind::credential;
  plan = static_cast<Plan&&>(found);
  obtained.credential = static_cast<Credential&&>(credential);
  obtained.ok = obtained.from_cache = true;
  return true;
}

void ConnectMemo::keep(const Plan& plan, const Obtained& obtained, const Request& request,
                       std::string_view cache_path) const {
  if (key_.empty() || !plan.memorable || plan.given.kind != GivenPassword::Kind::none ||
      plan.roots.unknown || !obtained.from_cache || !request.absolute() ||
      !is_fresh(obtained.credential, request.refresh_before_ms()))
    return;
  Text home;
  if (!home_directory(home)) return;
  Stamps stamps;
  add_service_files(stamps, plan.target);
  stamps.add(home.view(), "/.pgpass");
  stamps.add(home.view(), "/.postgresql/root.crt");
  stamps.add(plan.tls.sslrootcert.view());
  stamps.add(cache_path);
  stamps.add_lines(obtained.files.view());
  Text value;
  Packing packing(value);
  packing.number(request.refresh_before_ms());
  go_through(packing, plan);
  obtained.credential.append_record(value);
  if (value.ok()) keep_value(key_.view(), stamps, value.view());
}

}  // namespace pglakebase

#include "connect_memo.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstring>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/fingerprint.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/service_file.hpp"
#include "pglakebase/core/shared_words.hpp"
#include "pglakebase/core/view.hpp"
#include "thread_user.hpp"

extern "C" char** environ;

namespace pglakebase {
namespace {

// What rests on something unseen (a passwd entry, a bundle in another place) is no older than this.
constexpr std::int64_t k_kept_ms = 60'000;
// A file may change twice within one step of its file system's clock, which shows once.
constexpr std::int64_t k_settled_ms = 2'000;
constexpr std::size_t k_usual_size = 8 * 1024;

struct Slot {
  std::size_t key_size = 0;  // 0: empty
  std::size_t value_size = 0;
  std::size_t files_size = 0;
  std::uint64_t files = 0;  // fingerprint
  bool confirmed = false;
  SharedWords<16 * 1024> key;
  SharedWords<8 * 1024> value;  // the files' lines, then the rest

  bool is(std::string_view other) const { return key_size == other.size() && key.is(other); }
};

constexpr std::size_t k_slots = 4;
constinit Slot g_slots[k_slots]{};
constinit std::size_t g_next = 0;
constinit std::atomic_flag g_busy = ATOMIC_FLAG_INIT;
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

// All that connecting needs of them.
template <typename Way, typename PlanType, typename CredentialType>
void go_through(Way& way, PlanType& plan, CredentialType& credential) {
  way.text(plan.target.hosts);
  way.text(plan.target.service);
  way.directives(plan.target.section.directives);
  way.text(plan.tls.sslmode);
  way.text(plan.tls.sslrootcert);
  way.text(plan.roots.hostaddrs);
  way.text(plan.roots.ports);
  way.text(plan.roots.bundle);
  way.text(plan.roots.learned);
  way.text(plan.direct_hosts);
  way.text(plan.user);
  way.text(plan.options);
  way.number(plan.connect_timeout_s);
  way.flag(plan.user_missing);
  way.flag(plan.dbname_missing);
  way.flag(plan.has_gssencmode);
  way.text(credential.token);
  way.text(credential.identity);
  way.text(credential.user);
  way.number(credential.issued_ms);
  way.number(credential.expires_ms);
}

std::int64_t changed_ms(const struct stat& st) {
  return std::int64_t{st.st_mtim.tv_sec} * 1000 + st.st_mtim.tv_nsec / 1'000'000;
}

// The files that a plan and its credential rest on, and how they are.
class Stamps {
 public:
  explicit Stamps(Text& lines) : lines_(lines) {}

  void add(std::string_view path, std::string_view name = {}) {
    if (path.empty()) return;
    Text whole(path);
    whole.append(name);
    struct stat st {};
    const bool present = status_of(whole.c_str(), &st) == 0;
    settled_ = settled_ && whole.ok() && (!present || changed_ms(st) < now_ms_ - k_settled_ms);
    append_file_stamp(lines_, whole.view(), present ? &st : nullptr);
  }
  // libpq looks no further than the file with the section that is named.
  void add_service_files(const Target& target) {
    ServiceFiles files;
    while (files.next_place()) {
      add(files.place().view());
      if (target.named && files.place().view() == target.section.file.view()) return;
    }
  }
  bool settled() const { return settled_; }

 private:
  Text& lines_;
  const std::int64_t now_ms_ = wall_clock_ms();
  bool settled_ = true;
};

}  // namespace

ConnectMemo::ConnectMemo(const ConnectCall& call, const Libpq& libpq) {
  if (!g_has_connected.exchange(true, std::memory_order_relaxed)) return;
  // Every connection is to stand in the log with what was done about it.
  if (environment("PGLAKEBASE_LOG") != nullptr || thread_user_token() != nullptr) return;
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
  if (!key_.ok() || key_.size() > decltype(Slot::key)::k_bytes) key_.clear();
}

bool ConnectMemo::find(Plan& plan, Obtained& obtained) const {
  if (key_.empty()) return false;
  Text value;
  std::size_t files_size = 0;
  {
    const Turn turn(g_busy);
    if (!turn.mine()) return false;
    for (const Slot& slot : g_slots) {
      if (!slot.confirmed || !slot.is(key_.view())) continue;
      if (!value.resize(slot.value_size)) return false;
      slot.value.get(value.data(), slot.value_size);
      files_size = slot.files_size;
      break;
    }
  }
  if (value.empty() || !files_unchanged(slice(value.view(), 0, files_size))) return false;
  Unpacking unpacking(slice(value.view(), files_size));
  std::int64_t kept_ms = 0;
  std::int64_t refresh_before_ms = 0;
  unpacking.number(kept_ms);
  unpacking.number(refresh_before_ms);
  const std::int64_t age_ms = wall_clock_ms() - kept_ms;
  if (age_ms < 0 || age_ms > k_kept_ms) return false;
  Plan found;
  Credential credential;
  go_through(unpacking, found, credential);
  if (!unpacking.ok() || !is_fresh(credential, refresh_before_ms)) return false;
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
  Text value;
  Stamps stamps(value);
  stamps.add_service_files(plan.target);
  stamps.add(home.view(), "/.pgpass");
  stamps.add(home.view(), "/.postgresql/root.crt");
  stamps.add(plan.tls.sslrootcert.view());
  stamps.add(cache_path);
  if (!stamps.settled()) return;
  value.append(obtained.files.view());
  const std::size_t files_size = value.size();
  Packing packing(value);
  packing.number(wall_clock_ms());
  packing.number(request.refresh_before_ms());
  go_through(packing, plan, obtained.credential);
  if (!value.ok() || value.size() > decltype(Slot::value)::k_bytes) return;

  const Turn turn(g_busy);
  if (!turn.mine()) return;
  Slot* slot = nullptr;
  for (Slot& known : g_slots)
    if (known.is(key_.view())) slot = &known;
  const bool known = slot != nullptr;
  if (!known) {
    slot = &g_slots[g_next];
    g_next = (g_next + 1) % k_slots;
    slot->key_size = key_.size();
    slot->key.put(key_.view());
  }
  const std::uint64_t files = fingerprint(slice(value.view(), 0, files_size));
  slot->confirmed = known && slot->files == files;
  slot->files = files;
  slot->files_size = files_size;
  slot->value_size = value.size();
  slot->value.put(value.view());
}

}  // namespace pglakebase

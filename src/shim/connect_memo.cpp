#include "connect_memo.hpp"

#include <unistd.h>

#include <atomic>

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/service_file.hpp"
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
  if (environment("PGLAKEBASE_LOG") != nullptr || thread_user_token(libpq.loaded) != nullptr)
    return;
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

bool ConnectMemo::find(Login& login) const {
  Text bytes;
  if (!recall_value(key_.view(), bytes)) return false;
  Login found(static_cast<Text&&>(bytes));
  if (!is_fresh(found.times(), found.refresh_before_ms())) return false;
  login = static_cast<Login&&>(found);
  return true;
}

void ConnectMemo::keep(const Login& login, const Plan& plan, const Obtained& obtained,
                       const Request& request, std::string_view cache_path) const {
  if (key_.empty() || !plan.memorable || plan.given.kind != GivenPassword::Kind::none ||
      plan.roots.unknown || !obtained.from_cache || !request.absolute() ||
      !is_fresh(login.times(), login.refresh_before_ms()))
    return;
  const MemoryWatch memory;
  Text home;
  if (!home_directory(home)) return;
  Stamps stamps;
  add_service_files(stamps, plan.target);
  stamps.add(home.view(), "/.pgpass");
  if (plan.tls.default_root_counts) stamps.add(home.view(), "/.postgresql/root.crt");
  stamps.add(plan.tls.sslrootcert.view());
  stamps.add(cache_path);
  stamps.add_lines(obtained.files.view());
  if (!memory.ran_out()) keep_value(key_.view(), stamps, login.bytes());
}

}  // namespace pglakebase

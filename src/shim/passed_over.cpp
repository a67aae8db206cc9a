#include "passed_over.hpp"

#include <unistd.h>

#include "arguments.hpp"
#include "libpqs_home.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/service_file.hpp"
#include "pglakebase/core/view.hpp"
#include "stamped_memo.hpp"

namespace pglakebase {
namespace {

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A service brings a host of its own; percent-encoding and backslashes can hide any word.
bool may_hide_a_host(std::string_view connection_string) {
  return holds(connection_string, "service") || holds(connection_string, "%") ||
         holds(connection_string, "\\");
}

// Texts on lines of their own, in lower case as append_normal_host() writes a host.
void add(Text& texts, std::string_view text) {
  std::size_t at = texts.size();
  texts.append(text).append_char('\n');
  for (; at < texts.size(); ++at) texts.data()[at] = ascii_lower(texts.data()[at]);
}

bool names_network_host(const ConnectCall& call, const Libpq& libpq) {
  const CallSettings settings(libpq, call.keywords, call.values, call.expand_dbname);
  std::string_view hosts = settings.get("host");
  if (const char* variable = environment("PGHOST"); variable != nullptr && hosts.empty())
    hosts = variable;
  return lists_network_host(hosts);
}

// What tells which files may declare hosts.
void append_key(Text& key, const Libpq& libpq) {
  key.append("declared hosts").append_number(libpq.libVersion()).append_char('\n');
  key.append_number(::geteuid());
  for (const char* name : {"HOME", "PGSERVICEFILE", "PGSYSCONFDIR"}) {
    const char* value = environment(name);
    key.append_char('\n').append(value != nullptr ? value : "");
  }
}

// The system's own files are looked at again when the memo is forgotten: they change rarely, and
// are many.
void find_declared_hosts(std::string_view key, const Libpq& libpq, Text& hosts) {
  const MemoryWatch memory;
  Text home;
  libpqs_home(libpq.libVersion(), home);
  append_declared_hosts(hosts, home.view());
  ServiceFiles files({}, home.view());
  Stamps stamps;
  while (files.next_place())
    if (!files.guessed()) stamps.add(files.place().view());
  if (!memory.ran_out()) keep_value(key, stamps, hosts.view());
}

}  // namespace

bool can_be_passed_over(const ConnectCall& call, const Libpq& libpq) {
  if (environment("PGSERVICE") != nullptr) return false;
  Text texts;
  for (std::size_t i = 0; call.keywords[i] != nullptr; ++i) {
    const std::string_view keyword(call.keywords[i]);
    if (call.values[i] == nullptr) continue;
    const std::string_view value(call.values[i]);
    if (starts_with(keyword, "service")) return false;
    if (keyword == "host") {
      add(texts, value);
    } else if (keyword == "dbname" && is_connection_string(value)) {
      if (may_hide_a_host(value)) return false;
      add(texts, value);
    }
  }
  if (const char* host = environment("PGHOST")) add(texts, host);
  if (!texts.ok() || may_hold_host(texts.view())) return false;
  Text key;
  append_key(key, libpq);
  if (!key.ok()) return false;
  Text declared;
  if (!recall_value(key.view(), declared)) {
    if (!names_network_host(call, libpq)) return true;
    find_declared_hosts(key.view(), libpq, declared);
  }
  std::string_view rest = declared.view();
  std::string_view host;
  while (take_until(rest, '\n', host))
    if (holds(texts.view(), host)) return false;
  return declared.ok();
}

}  // namespace pglakebase

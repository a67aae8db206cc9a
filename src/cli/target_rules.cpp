#include "pglakebase/cli/target_rules.hpp"

#include <sys/stat.h>

#include <utility>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/switches.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

enum class HostStanding { lakebase, declared, foreign };

// A section with directives vouches for its own hosts, whatever they are called.
HostStanding standing(std::string_view host, const ServiceSection& section) {
  if (host_kind(host) != HostKind::other) return HostStanding::lakebase;
  const bool socket = host.empty() || host.front() == '/' || host.front() == '@';
  return !socket && !section.directives.empty() && lists_host(section.host.view(), host)
             ? HostStanding::declared
             : HostStanding::foreign;
}

// The first host of the list that stands so; empty if none does.
std::string_view host_that_is(HostStanding wanted, std::string_view hosts,
                              const ServiceSection& section) {
  std::string_view host;
  while (take_until(hosts, ',', host))
    if (standing(host, section) == wanted) return host.empty() ? "(the default host)" : host;
  return {};
}

// An endpoint that a section names is that of the section's own hosts.
bool hosts_of_one_section(const Target& target) {
  if (target.by_service || target.section.name.empty()) return true;
  std::string_view hosts = target.hosts.view();
  std::string_view host;
  while (take_until(hosts, ',', host))
    if (!lists_host(target.section.host.view(), host)) return false;
  return true;
}

bool passes_by_pooler(const ServiceSection& section) {
  return section.directives.get("strip_pooler") == "yes";
}

// The first host that is a pooler's and not to be passed by.
std::string_view pooler_host(const Target& target) {
  if (passes_by_pooler(target.section)) return {};
  std::string_view hosts = target.hosts.view();
  std::string_view host;
  while (take_until(hosts, ',', host))
    if (is_pooler_host(host)) return host;
  return {};
}

bool is_native(const ServiceSection& section) {
  return section.directives.get("auth") == "native" || section.has_password;
}

std::string place(const ServiceSection& section) {
  return "service " + quoted(section.name.view()) + " in " + std::string(section.file.view());
}

// Would libpq find a password of its own? A pass file may have a line for anything.
bool password_may_be_given(const ServiceSection& section) {
  if (section.has_passfile || environment("PGPASSWORD") != nullptr) return true;
  Text file;
  if (const char* chosen = environment("PGPASSFILE")) {
    file.assign(chosen);
  } else if (home_directory(file)) {
    file.append("/.pgpass");
  }
  struct stat st {};
  return ::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

// Whose connections these will be is for each of them to say.
bool is_for_users(const ServiceSection& section) {
  const Directives& directives = section.directives;
  return (directives.has("on_behalf_of") || environment("PGLAKEBASE_ON_BEHALF_OF") != nullptr) &&
         !directives.has("user_token_file") && environment("PGLAKEBASE_USER_TOKEN_FILE") == nullptr;
}

}  // namespace

void not_configured(const std::string& sentence) {
  throw CommandError(k_exit_not_configured, sentence);
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string_view foreign_host(std::string_view hosts, const ServiceSection& section) {
  return host_that_is(HostStanding::foreign, hosts, section);
}

void check(const Target& target) {
  const ServiceSection& section = target.section;
  const std::string_view hosts = target.hosts.view();
  if (!section.refused.empty())
    not_configured("the settings of the " + place(section) +
                   " do not count: " + std::string(section.refused.view()));
  if (target.several_sections)
    not_configured("several services with settings stand for the host " + std::string(hosts) +
                   " in the service file; name one of them instead");
  if (hosts.empty())
    not_configured("the " + place(section) + " gives no host; add a line host= with its host");
  if (const std::string_view host = foreign_host(hosts, section); !host.empty())
    not_configured((target.by_service ? "the " + place(section) + " leads to " : std::string()) +
                   std::string(host) + (target.by_service ? ", which" : "") +
                   " is not a Lakebase host; correct it, or, if it leads to one, add a line like "
                   "\"#lakebase: profile=NAME\" to its section in ~/.pg_service.conf");
  if (const std::string_view host = host_that_is(HostStanding::declared, hosts, section);
      !host.empty() && !section.trusted)
    not_configured("the " + place(section) + " declares the host " + std::string(host) +
                   ", which is not Databricks' own; that counts only in ~/.pg_service.conf or the "
                   "system's service file");
  if (!hosts_of_one_section(target))
    not_configured("the hosts " + std::string(hosts) +
                   " do not belong to one service; ask for one of them at a time");
  if (is_native(section))
    not_configured("the " + place(section) +
                   " logs in with a password of its own (password= or auth=native); take that "
                   "away to sign in to Databricks instead");
  if (const std::string_view host = pooler_host(target); !host.empty())
    not_configured(std::string(host) +
                   " is a pooler, which takes native passwords only; use the host without "
                   "\"-pooler\", or say \"#lakebase: strip_pooler=yes\" in the service");
}

void pass_by_pooler(Target& target) {
  if (!passes_by_pooler(target.section)) return;
  Text direct;
  std::string_view hosts = target.hosts.view();
  std::string_view host;
  while (take_until(hosts, ',', host)) {
    if (!direct.empty()) direct.append_char(',');
    append_direct_host(direct, host);
  }
  target.hosts = std::move(direct);
}

bool is_left_to_libpq(const Target& target) {
  const ServiceSection& section = target.section;
  const std::string_view hosts = target.hosts.view();
  return switched_off() || hosts.empty() || !foreign_host(hosts, section).empty() ||
         !hosts_of_one_section(target) || is_native(section) || is_for_users(section) ||
         !pooler_host(target).empty() ||
         (section.directives.empty() && password_may_be_given(section));
}

}  // namespace pglakebase

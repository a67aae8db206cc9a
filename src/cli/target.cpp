#include "pglakebase/cli/target.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/switches.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

[[noreturn]] void not_configured(const std::string& sentence) {
  throw CommandError(k_exit_not_configured, sentence);
}

std::string or_environment(std::string_view own, const char* variable) {
  if (!own.empty()) return std::string(own);
  const char* value = environment(variable);
  return value != nullptr ? value : "";
}

std::string environment_or(const char* variable, std::string_view otherwise) {
  const char* value = environment(variable);
  return std::string(value != nullptr ? std::string_view(value) : otherwise);
}

bool lists_host(std::string_view list, std::string_view host) {
  Text wanted;
  append_normal_host(wanted, host);
  std::string_view part;
  while (take_until(list, ',', part)) {
    Text normal;
    append_normal_host(normal, part);
    if (normal.view() == wanted.view()) return true;
  }
  return false;
}

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

std::string_view foreign_host(std::string_view hosts, const ServiceSection& section) {
  return host_that_is(HostStanding::foreign, hosts, section);
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

std::string_view pooler_host(const Target& target) {
  if (target.section.directives.has("strip_pooler")) return {};
  std::string_view hosts = target.hosts.view();
  std::string_view host;
  while (take_until(hosts, ',', host))
    if (is_pooler_host(host)) return host;
  return {};
}

bool is_native(const ServiceSection& section) {
  return section.directives.get("auth") == "native" || section.has_password;
}

Target from_section(ServiceSection&& section) {
  Target target;
  target.by_service = true;
  target.hosts.assign(or_environment(section.host.view(), "PGHOST"));
  target.section = std::move(section);
  return target;
}

// Like libpq with the library: a section counts for a host if it is the only one that names it.
Target from_host(std::string_view hosts) {
  Target target;
  target.hosts.assign(hosts);
  std::string_view rest = hosts;
  std::string_view first;
  take_until(rest, ',', first);
  if (find_service_of_host({}, first, target.section, target.several_sections) != Found::yes)
    target.section = ServiceSection();
  return target;
}

std::string place(const ServiceSection& section) {
  return "service " + quoted(section.name.view()) + " in " + std::string(section.file.view());
}

// Every reason why there is nothing to sign in to.
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
                   "\"-pooler\"");
}

Target checked(Target&& target) {
  check(target);
  return std::move(target);
}

std::string names(const std::vector<std::string>& sections) {
  std::string list;
  for (const std::string& name : sections) list += (list.empty() ? "" : ", ") + quoted(name);
  return list;
}

// The sections that can be meant, by name: those with directives, or where there is none those with
// a Lakebase host.
std::vector<std::string> candidate_sections() {
  std::vector<std::string> with_directives;
  std::vector<std::string> with_host;
  std::vector<std::string> seen;
  ServiceSections sections;
  ServiceSection section;
  while (sections.next(section)) {
    const std::string name(section.name.view());
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) continue;
    seen.push_back(name);
    const std::string_view host = section.host.view();
    if (!section.directives.empty()) {
      with_directives.push_back(name);
    } else if (!host.empty() && foreign_host(host, section).empty()) {
      with_host.push_back(name);
    }
  }
  return with_directives.empty() ? with_host : with_directives;
}

Target only_section() {
  const std::vector<std::string> candidates = candidate_sections();
  ServiceSection section;
  if (candidates.size() == 1 && find_service({}, candidates[0], section) == Found::yes)
    return from_section(std::move(section));
  if (candidates.empty())
    not_configured(
        "no service file has a section for a Lakebase; name a host, or describe a service in "
        "~/.pg_service.conf");
  not_configured("several services can be meant; name one of " + names(candidates));
}

[[noreturn]] void no_such_service(std::string_view name) {
  const std::vector<std::string> candidates = candidate_sections();
  not_configured(
      "no service file has a section " + quoted(name) +
      (candidates.empty() ? "; add it to ~/.pg_service.conf" : "; there are " + names(candidates)));
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

}  // namespace

std::string Target::user() const {
  return by_service ? or_environment(section.user.view(), "PGUSER")
                    : environment_or("PGUSER", section.user.view());
}

std::string Target::ports() const {
  std::string ports = by_service ? or_environment(section.port.view(), "PGPORT")
                                 : environment_or("PGPORT", section.port.view());
  return ports.empty() ? "5432" : ports;
}

std::string Target::dbname() const {
  std::string name = by_service ? or_environment(section.dbname.view(), "PGDATABASE")
                                : environment_or("PGDATABASE", section.dbname.view());
  return name.empty() ? "databricks_postgres" : name;
}

Request Target::request(const Cache& cache) const {
  return Request::build(hosts.view(), section.name.view(), section.directives, cache);
}

Target find_target(std::string_view wanted) {
  ServiceSection section;
  if (!wanted.empty()) {
    if (find_service({}, wanted, section) == Found::yes)
      return checked(from_section(std::move(section)));
    Target target = from_host(wanted);
    if (target.section.name.empty() && wanted.find('.') == std::string_view::npos)
      no_such_service(wanted);
    return checked(std::move(target));
  }
  if (const char* service = environment("PGSERVICE")) {
    if (find_service({}, service, section) != Found::yes) no_such_service(service);
    return checked(from_section(std::move(section)));
  }
  if (const char* hosts = environment("PGHOST")) {
    Target target = from_host(hosts);
    if (foreign_host(target.hosts.view(), target.section).empty())
      return checked(std::move(target));
  }
  return checked(only_section());
}

bool find_expected_target(std::string_view service, Target& target) {
  ServiceSection section;
  const char* variable = environment("PGSERVICE");
  if (!service.empty()) {
    if (find_service({}, service, section) != Found::yes) no_such_service(service);
    target = from_section(std::move(section));
  } else if (variable != nullptr) {
    // What is wrong with it, libpq says itself.
    if (find_service({}, variable, section) != Found::yes) return false;
    target = from_section(std::move(section));
  } else if (const char* hosts = environment("PGHOST")) {
    target = from_host(hosts);
  } else {
    return false;
  }
  const ServiceSection& counts = target.section;
  if (switched_off() || target.hosts.empty() ||
      !foreign_host(target.hosts.view(), counts).empty() || !hosts_of_one_section(target) ||
      is_native(counts) || !pooler_host(target).empty())
    return false;
  if (counts.directives.empty() && password_may_be_given(counts)) return false;
  check(target);
  return true;
}

bool target_of_section(ServiceSection&& section, Target& target) {
  target = from_section(std::move(section));
  try {
    check(target);
  } catch (const CommandError&) {
    return false;
  }
  return true;
}

}  // namespace pglakebase

#include "pglakebase/cli/target.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
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

bool says_yes(std::string_view value) {
  return value == "yes" || value == "true" || value == "1";
}

bool is_declared(const ServiceSection& section) {
  return section.trusted && says_yes(section.directives.get("lakebase"));
}

// The first host of the list that leads to no Lakebase; empty if all do.
std::string_view foreign_host(std::string_view hosts, const ServiceSection& section) {
  if (is_declared(section)) return {};
  std::string_view host;
  while (take_until(hosts, ',', host))
    if (host_kind(host) == HostKind::other) return host.empty() ? "(none)" : host;
  return {};
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
  return section.directives.get("auth") == "native";
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
  if (!section.refused.empty())
    not_configured("the settings of " + place(section) +
                   " cannot be used: " + std::string(section.refused.view()));
  if (target.hosts.empty())
    not_configured(place(section) + " gives no host; add the line host= with the Lakebase host");
  if (const std::string_view host = foreign_host(target.hosts.view(), section); !host.empty()) {
    const std::string subject = target.by_service ? place(section) + " leads to " : "";
    not_configured(subject + std::string(host) + (subject.empty() ? "" : ", which") +
                   " is not a Lakebase host; correct the host, or put \"#lakebase: "
                   "lakebase=yes\" into a section for it in ~/.pg_service.conf");
  }
  if (is_native(section))
    not_configured(place(section) +
                   " says auth=native, so it logs in with a password of its own; take the "
                   "directive away to sign in with Databricks");
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
  if (section.has_password || environment("PGPASSWORD") != nullptr) return true;
  Text file;
  if (const char* chosen = environment("PGPASSFILE")) {
    file.assign(chosen);
  } else if (home_directory(file)) {
    file.append("/.pgpass");
  }
  struct stat st {};
  return ::stat(file.c_str(), &st) == 0 && S_ISREG(st.st_mode);
}

// The switches with which the library does nothing.
bool switched_off() {
  const char* own = environment("PGLAKEBASE");
  const char* other = environment("USE_LAKEBASE");
  return (own != nullptr && std::string_view(own) == "off") ||
         (other != nullptr && !equals_ignoring_case(other, "true"));
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
      !foreign_host(target.hosts.view(), counts).empty() || is_native(counts) ||
      !pooler_host(target).empty())
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

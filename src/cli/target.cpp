#include "pglakebase/cli/target.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/target_rules.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

std::string or_environment(std::string_view own, const char* variable) {
  if (!own.empty()) return std::string(own);
  const char* value = environment(variable);
  return value != nullptr ? value : "";
}

std::string environment_or(const char* variable, std::string_view otherwise) {
  const char* value = environment(variable);
  return std::string(value != nullptr ? std::string_view(value) : otherwise);
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

Target checked(Target&& target) {
  check(target);
  pass_by_pooler(target);
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
  if (is_left_to_libpq(target)) return false;
  check(target);
  pass_by_pooler(target);
  return true;
}

bool target_of_section(ServiceSection&& section, Target& target) {
  target = from_section(std::move(section));
  try {
    check(target);
  } catch (const CommandError&) {
    return false;
  }
  pass_by_pooler(target);
  return true;
}

}  // namespace pglakebase

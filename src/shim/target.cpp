#include "target.hpp"

#include "libpqs_home.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// The endpoint or instance of a section belongs to the section's own hosts.
void drop_endpoint(Directives& directives) {
  Directives kept;
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (directives.next(position, key, value))
    if (key != "endpoint" && key != "instance") kept.add(key, value);
  directives = static_cast<Directives&&>(kept);
}

// libpq tells the service only since 18.
void name_service(const Answer& answer, const CallSettings& call, Text& service) {
  service.assign(answer.get("service"));
  if (service.empty()) service.assign(call.get("service"));
  if (service.empty())
    if (const char* name = environment("PGSERVICE")) service.assign(name);
}

void find_section(Target& target, std::string_view servicefile, int libpq_version) {
  Text home;
  libpqs_home(libpq_version, home);
  if (!target.service.empty()) {
    if (find_service(servicefile, target.service.view(), target.section, home.view()) != Found::yes)
      return;
    // Of the system's places libpq knows one, we several: only its own section has its hosts.
    if (target.section.guessed && target.section.host.view() != target.hosts.view())
      target.section = ServiceSection();
    return;
  }
  std::string_view rest = target.hosts.view();
  std::string_view first;
  take_until(rest, ',', first);
  bool several = false;
  if (find_service_of_host(servicefile, first, target.section, several, home.view()) ==
      Found::yes) {
    target.service.assign(target.section.name.view());
  } else if (several) {
    target.refused.append("several services with settings stand for the host ").append(first);
    target.refused.append(" in the service file; name one of them (service=…)");
  }
}

}  // namespace

Target find_target(const Answer& answer, const CallSettings& call) {
  Target target;
  target.hosts.assign(answer.get("host"));
  if (!lists_network_host(target.hosts.view())) return target;

  std::string_view servicefile = answer.get("servicefile");
  if (servicefile.empty()) servicefile = call.get("servicefile");
  name_service(answer, call, target.service);
  target.named = !target.service.empty();
  find_section(target, servicefile, answer.libpq_version());

  std::size_t ours = 0;
  std::size_t declared = 0;
  std::size_t all = 0;
  std::size_t of_section = 0;
  std::string_view rest = target.hosts.view();
  std::string_view host;
  while (!rest.empty() || all == 0) {
    take_until(rest, ',', host);
    ++all;
    const bool listed = target.has_directives() && lists_host(target.section.host.view(), host);
    of_section += listed ? 1 : 0;
    if (host_kind(host) != HostKind::other) {
      ++ours;
    } else if (listed && lists_network_host(host)) {
      ++ours;
      ++declared;
    }
  }
  if (ours == 0) return target;
  // A comma at the end is one more host, the default one.
  if (target.hosts.view().ends_with(',')) ++all;
  target.own_hosts = of_section == all;
  target.kind = ours == all ? Target::Kind::lakebase : Target::Kind::mixed;

  if (!target.section.refused.empty() && target.refused.empty()) {
    target.refused.append("the settings of the service \"").append(target.service.view());
    target.refused.append("\" in ").append(target.section.file.view()).append(" do not count: ");
    target.refused.append(target.section.refused.view());
  } else if (declared != 0 && !target.section.trusted && target.refused.empty()) {
    target.refused.append("the service \"").append(target.service.view()).append("\" in ");
    target.refused.append(target.section.file.view());
    target.refused.append(
        " declares a host that is not Databricks' own; that counts only in "
        "~/.pg_service.conf or the system's service file");
  }
  if (!target.section.host.empty() && of_section != all) drop_endpoint(target.section.directives);
  return target;
}

}  // namespace pglakebase

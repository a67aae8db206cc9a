// pg_service.conf: the service's name, the file's mode, then the file. libpq itself says what a
// service means; what we read of it must be the same.
#include "pglakebase/core/service_file.hpp"

#include <libpq-fe.h>

#include <optional>

#include "fuzz.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

void check_directives(const Directives& directives) {
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (directives.next(position, key, value)) {
    FUZZ_CHECK(key.find('\n') == std::string_view::npos);
    FUZZ_CHECK(value.find('\n') == std::string_view::npos);
    FUZZ_CHECK(key.find('=') == std::string_view::npos);
    FUZZ_CHECK(directives.has(key));
  }
}

// Every section is passed once, in order; its settings are of one line each.
void check_sections(std::string_view text) {
  ServiceSection section;
  std::size_t before = 0;
  for (std::size_t position = 0; next_section(text, position, section);) {
    FUZZ_CHECK(position > before && position <= text.size());
    before = position;
    check_directives(section.directives);
    for (const Text* setting : {&section.name, &section.host, &section.hostaddr, &section.port,
                                &section.dbname, &section.user})
      FUZZ_CHECK(setting->view().find('\n') == std::string_view::npos);
  }
}

// The host that libpq takes from the service; nothing where it does not get as far.
std::optional<std::string> host_by_libpq(const std::string& service) {
  const char* const keywords[] = {"service", "user", "target_session_attrs", nullptr};
  const char* const values[] = {service.c_str(), "me", "stop", nullptr};
  PGconn* connection = ::PQconnectStartParams(keywords, values, 0);
  const std::string message = ::PQerrorMessage(connection);
  std::optional<std::string> host;
  if (message.find("target_session_attrs") != std::string::npos) {
    PQconninfoOption* options = ::PQconninfo(connection);
    for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option)
      if (option->keyword == std::string_view("host"))
        host = option->val != nullptr ? option->val : "";
    ::PQconninfoFree(options);
  }
  ::PQfinish(connection);
  return host;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
                              std::string_view::npos;
}

}  // namespace

void run(std::string_view input) {
  const std::string service(take_line(input));
  const bool others_write = take_line(input) == "0666";
  check_sections(input);
  if (!is_plain_name(service)) return;

  // In a home, every directive is allowed; from a file that was named, some are not.
  const std::string file = write_file(".pg_service.conf", input, others_write ? 0666 : 0600);
  ServiceSection section;
  const Found found = find_service({}, service, section);
  ServiceSection named;
  FUZZ_CHECK(find_service(file, service, named) == found);
  if (found != Found::yes) return;
  FUZZ_CHECK(section.file.view() == file && section.name.view() == service && section.trusted);
  check_directives(section.directives);
  if (others_write && !section.directives.empty()) FUZZ_CHECK(!section.refused.empty());
  // ldap sections would ask a server; a NUL ends lines for libpq, which then means another file.
  if (input.find("ldap") != std::string_view::npos || input.find('\0') != std::string_view::npos)
    return;
  if (const auto host = host_by_libpq(service); host && !section.host.empty())
    FUZZ_CHECK(section.host.view() == *host);
}

}  // namespace pglakebase::fuzz

// What `pglakebase token` prints: user, hosts, ports, dbname, then the token. libpq and a JSON
// parser must read the same again.
#include "pglakebase/cli/credential_format.hpp"

#include <libpq-fe.h>

#include <nlohmann/json.hpp>

#include "fuzz.hpp"

namespace pglakebase::fuzz {
namespace {

std::string option(const PQconninfoOption* options, std::string_view keyword) {
  for (; options->keyword != nullptr; ++options)
    if (keyword == options->keyword) return options->val != nullptr ? options->val : "";
  return {};
}

// libpq's own grammar: no comma or slash in a host, digits in a port.
bool is_plain(std::string_view hosts, std::string_view ports) {
  return !hosts.empty() &&
         hosts.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") ==
             std::string_view::npos &&
         !ports.empty() && ports.find_first_not_of("0123456789") == std::string_view::npos;
}

void check_uri(const ShownCredential& credential) {
  Text uri;
  append_uri(uri, credential);
  FUZZ_CHECK(uri.view().find('\n') == uri.size() - 1);
  if (!is_plain(credential.hosts, credential.ports) || credential.user.empty() ||
      credential.token.empty())
    return;
  const std::string text(uri.view().substr(0, uri.size() - 1));
  char* error = nullptr;
  PQconninfoOption* options = ::PQconninfoParse(text.c_str(), &error);
  FUZZ_CHECK(options != nullptr);
  FUZZ_CHECK(option(options, "user") == credential.user);
  FUZZ_CHECK(option(options, "password") == credential.token);
  FUZZ_CHECK(option(options, "host") == credential.hosts);
  FUZZ_CHECK(option(options, "dbname") == credential.dbname);
  FUZZ_CHECK(option(options, "sslmode") == "verify-full");
  ::PQconninfoFree(options);
}

void check_json(const ShownCredential& credential) {
  Text text;
  append_json(text, credential, 0);
  FUZZ_CHECK(text.view().find('\n') == text.size() - 1);
  const auto parsed = nlohmann::json::parse(text.view(), nullptr, false);
  if (!parsed.is_object()) {
    // Bytes that are no UTF-8 stay as they are.
    for (const std::string_view part :
         {credential.token, credential.user, credential.hosts, credential.ports, credential.dbname})
      for (const char c : part)
        if (static_cast<unsigned char>(c) >= 0x80) return;
    FUZZ_CHECK(parsed.is_object());
  }
  FUZZ_CHECK(parsed["token"] == std::string(credential.token));
  FUZZ_CHECK(parsed["user"] == std::string(credential.user));
  FUZZ_CHECK(parsed["host"] == std::string(credential.hosts));
  FUZZ_CHECK(parsed["dbname"] == std::string(credential.dbname));
}

}  // namespace

void run(std::string_view input) {
  const std::string user = c_string(take_line(input));
  const std::string hosts = c_string(take_line(input));
  const std::string ports = c_string(take_line(input));
  const std::string dbname = c_string(take_line(input));
  const std::string token = c_string(input);
  const ShownCredential credential{token, user, hosts, ports, dbname, 1'800'000'000'000};
  check_uri(credential);
  check_json(credential);
  Text line;
  append_pgpass(line, credential);
  // A host list of one is one line with its five fields.
  if (is_plain(hosts, ports) && token.find('\n') == std::string::npos) {
    FUZZ_CHECK(line.view().find('\n') == line.size() - 1);
    std::size_t fields = 1;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line.view()[i] == '\\')
        ++i;
      else if (line.view()[i] == ':')
        ++fields;
    }
    FUZZ_CHECK(fields == 5);
  }
}

}  // namespace pglakebase::fuzz

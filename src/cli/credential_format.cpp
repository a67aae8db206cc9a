#include "pglakebase/cli/credential_format.hpp"

#include "pglakebase/cli/json.hpp"
#include "pglakebase/cli/time_text.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Goes through two lists in step, like libpq: one port stands for all hosts.
class Places {
 public:
  Places(std::string_view hosts, std::string_view ports) : hosts_(hosts), ports_(ports) {}

  bool next(std::string_view& host, std::string_view& port) {
    if (!take_until(hosts_, ',', host)) return false;
    take_until(ports_, ',', port_);
    port = port_;
    return true;
  }

 private:
  std::string_view hosts_;
  std::string_view ports_;
  std::string_view port_;
};

// The one port of all hosts, if there is one.
bool single_port(std::string_view ports, std::int64_t& number) {
  std::string_view first;
  std::string_view port;
  take_until(ports, ',', first);
  while (take_until(ports, ',', port))
    if (port != first) return false;
  return parse_number(first, number);
}

void append_pgpass_field(Text& out, std::string_view field) {
  for (const char c : field) {
    if (c == '\\' || c == ':') out.append_char('\\');
    out.append_char(c);
  }
}

// RFC 3986: everything but the unreserved characters.
void append_percent_encoded(Text& out, std::string_view text) {
  constexpr char digits[] = "0123456789ABCDEF";
  for (const char c : text) {
    const char lower = ascii_lower(c);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~') {
      out.append_char(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append_char('%').append_char(digits[byte >> 4]).append_char(digits[byte & 15]);
    }
  }
}

}  // namespace

void append_raw(Text& out, const ShownCredential& credential) {
  out.append(credential.token).append_char('\n');
}

void append_json(Text& out, const ShownCredential& credential, std::int64_t now_ms) {
  JsonWriter json(out);
  json.begin_object();
  json.string("token", credential.token);
  json.string("user", credential.user);
  json.string("host", credential.hosts);
  if (std::int64_t port = 0; single_port(credential.ports, port)) {
    json.number("port", port);
  } else {
    json.string("port", credential.ports);
  }
  json.string("dbname", credential.dbname);
  json.string("expires_at", utc_time(credential.expires_ms));
  json.number("expires_in", (credential.expires_ms - now_ms) / 1000);
  json.end_object();
  out.append_char('\n');
}

void append_pgpass(Text& out, const ShownCredential& credential) {
  Places places(credential.hosts, credential.ports);
  std::string_view host;
  std::string_view port;
  while (places.next(host, port)) {
    for (const std::string_view field : {host, port, credential.dbname, credential.user}) {
      append_pgpass_field(out, field);
      out.append_char(':');
    }
    append_pgpass_field(out, credential.token);
    out.append_char('\n');
  }
}

void append_uri(Text& out, const ShownCredential& credential) {
  out.append("postgresql://");
  append_percent_encoded(out, credential.user);
  out.append_char(':');
  append_percent_encoded(out, credential.token);
  char separator = '@';
  Places places(credential.hosts, credential.ports);
  std::string_view host;
  std::string_view port;
  while (places.next(host, port)) {
    out.append_char(separator);
    append_percent_encoded(out, host);
    out.append_char(':').append(port);
    separator = ',';
  }
  out.append_char('/');
  append_percent_encoded(out, credential.dbname);
  out.append("?sslmode=verify-full\n");
}

}  // namespace pglakebase

#include "report.hpp"

#include <cstdio>

#include "pglakebase/core/sha256.hpp"

void report(std::string_view name, std::string_view value) {
  std::string line(name);
  line += '=';
  for (const char c : value) {
    char escaped[8];
    if (c == '\\') {
      line += "\\\\";
    } else if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      std::snprintf(escaped, sizeof escaped, "\\x%02x", static_cast<unsigned char>(c));
      line += escaped;
    } else {
      line += c;
    }
  }
  std::puts(line.c_str());
  std::fflush(stdout);
}

void report(std::string_view name, long value) {
  report(name, std::to_string(value));
}

namespace {

std::string_view or_empty(const char* text) {
  return text != nullptr ? text : "";
}

std::string sha256(std::string_view text) {
  if (text.empty()) return {};
  pglakebase::Sha256 hash;
  hash.update(text);
  std::string hex;
  for (const unsigned char byte : hash.finish()) {
    char digits[3];
    std::snprintf(digits, sizeof digits, "%02x", byte);
    hex += digits;
  }
  return hex;
}

}  // namespace

std::string query(PGconn* connection, const char* sql) {
  PGresult* result = PQexec(connection, sql);
  std::string answer = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) > 0
                           ? PQgetvalue(result, 0, 0)
                           : std::string("error: ") + PQerrorMessage(connection);
  PQclear(result);
  return answer;
}

void report_connection(PGconn* connection) {
  report("status", PQstatus(connection) == CONNECTION_OK ? "ok" : "bad");
  report("error", or_empty(PQerrorMessage(connection)));
  report("needs_password", PQconnectionNeedsPassword(connection));
  report("used_password", PQconnectionUsedPassword(connection));
  report("user", or_empty(PQuser(connection)));
  report("db", or_empty(PQdb(connection)));
  report("host", or_empty(PQhost(connection)));
  report("password_sha256", sha256(or_empty(PQpass(connection))));
  report("tls", PQsslInUse(connection));
  PQconninfoOption* options = PQconninfo(connection);
  for (PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr;
       ++option) {
    const std::string_view keyword = option->keyword;
    if (keyword == "sslmode" || keyword == "sslrootcert" || keyword == "gssencmode" ||
        keyword == "application_name" || keyword == "options")
      report(keyword, or_empty(option->val));
  }
  PQconninfoFree(options);
  if (PQstatus(connection) != CONNECTION_OK) return;
  report("current_user", query(connection, "select current_user"));
  report("current_database", query(connection, "select current_database()"));
}

// Keeps one connection and does with it what the lines of its standard input say, each followed by
// a report and "done=<the line>":
//   connectdb CONNINFO | start CONNINFO | reset | reset-start | finish
#include <libpq-fe.h>

#include <iostream>
#include <string>

#include "polling.hpp"
#include "report.hpp"

namespace {

PGconn* start(const char* conninfo) {
  PGconn* connection = PQconnectStart(conninfo);
  if (PQstatus(connection) != CONNECTION_BAD) poll_until_done(connection, PQconnectPoll);
  return connection;
}

}  // namespace

int main() {
  PGconn* connection = nullptr;
  for (std::string line; std::getline(std::cin, line);) {
    const std::string what = line.substr(0, line.find(' '));
    const char* rest = what.size() < line.size() ? line.c_str() + what.size() + 1 : "";
    if (what == "connectdb") connection = PQconnectdb(rest);
    if (what == "start") connection = start(rest);
    if (what == "reset") PQreset(connection);
    if (what == "reset-start") {
      const int started = PQresetStart(connection);
      report("reset_start", started);
      if (started != 0) poll_until_done(connection, PQresetPoll);
    }
    if (what == "finish") {
      PQfinish(connection);
      connection = nullptr;
    }
    if (connection != nullptr) report_connection(connection);
    report("done", line);
  }
  PQfinish(connection);
  return 0;
}

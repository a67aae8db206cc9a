#pragma once

#include <libpq-fe.h>

#include <string>
#include <string_view>

/// Prints `name=value`; in the value a backslash and what cannot be printed are escaped.
void report(std::string_view name, std::string_view value);
void report(std::string_view name, long value);

/// Everything that libpq tells about a connection; of the password only its SHA-256.
void report_connection(PGconn* connection);

/// Runs one statement and gives the first column of the first row, or "error: …".
std::string query(PGconn* connection, const char* sql);

#pragma once

#include <string_view>

#include "arguments.hpp"
#include "connections.hpp"
#include "libpq.hpp"

namespace pglakebase {

/// Makes a PGconn in CONNECTION_BAD whose PQerrorMessage is `sentence`. `arguments` as the caller
/// gave them. Nothing is connected to. Null only where libpq itself has no memory.
PGconn* refuse_connection(const Libpq& libpq, Arguments& arguments, bool expand_dbname,
                          std::string_view sentence);

/// The same for a trouble that may pass: `connection` was made with complete and valid parameters
/// (a stand-in for the password), so that PQreset can connect later. It is shut before libpq says
/// on it who connects. `remembered` says what the credential is to be asked for by then.
void postpone_connection(const Libpq& libpq, PGconn* connection, std::string_view sentence,
                         Remembered&& remembered);

/// What PQerrorMessage says: our sentence while it stands, else libpq's words.
const char* message_of(const PGconn* connection, const char* libpqs_words);

}  // namespace pglakebase

#pragma once

#include <libpq-fe.h>

#include <string_view>

#include "connections.hpp"
#include "libpq.hpp"
#include "pglakebase/core/credential.hpp"

/// A living connection gets a new credential: before PQreset, and after the server refused one that
/// came from the cache.
namespace pglakebase {

/// Why a token that was made from a user's, which is not at hand, is not renewed.
inline constexpr char k_handed_back[] =
    "the token has expired, and the user's token that it was made from is not at hand any more; "
    "connect with that one again";

/// Notes the password that a connection of ours was just given.
void note_credential(Remembered& remembered, std::string_view token, const CredentialTimes& times,
                     bool from_cache);

/// Is the password in `connection` the one that we put there last? Addresses are used again, and a
/// program may have a connection that we never saw at this one.
bool holds_our_password(const Libpq& libpq, const PGconn* connection, const Remembered& ours);

/// What PQerrorMessage says from now on (a line feed is added), until libpq has something newer.
void set_sentence(const Libpq& libpq, const PGconn* connection, Remembered& remembered,
                  std::string_view start, std::string_view rest);

/// Renews the credential that `connection` would be reset with, where it is ours and something
/// better is to be had. False if a reset is of no use: the connection is bad, its credential has
/// expired and none can be had; PQerrorMessage then says why.
bool renew_before_reset(const Libpq& libpq, PGconn* connection, bool blocking);

/// After a blocking login: if the server refused a credential from the cache, connects once more
/// with a fresh one; explains a refusal that stands.
void settle(const Libpq& libpq, PGconn* connection);

/// The same for a step of a login that is polled; gives what the caller is to be told.
PostgresPollingStatusType settle_polled(const Libpq& libpq, PGconn* connection,
                                        PostgresPollingStatusType status);

}  // namespace pglakebase

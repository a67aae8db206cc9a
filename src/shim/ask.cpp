#include "ask.hpp"

#include <cstring>

namespace pglakebase {
namespace {

constexpr const char* k_stop = "pglakebase-asks";

}  // namespace

const char* stop_keyword(const Libpq& libpq) {
  return libpq.libVersion() >= 100000 ? "target_session_attrs" : "sslmode";
}

Answer::Answer(const Libpq& libpq, Arguments& arguments, bool expand_dbname) : libpq_(libpq) {
  arguments.append(stop_keyword(libpq), k_stop);
  if (!arguments.ok()) return;
  connection_ =
      libpq.connectStartParams(arguments.keywords(), arguments.values(), expand_dbname ? 1 : 0);
  if (connection_ == nullptr) return;
  // The value survives every translation of the message.
  const char* message = libpq.errorMessage(connection_);
  if (libpq.status(connection_) != CONNECTION_BAD || message == nullptr ||
      std::strstr(message, k_stop) == nullptr)
    return;
  PQconninfoOption* options = libpq.conninfo(connection_);
  // A message about the caller's own words may hold ours, too.
  if (option_value(options, stop_keyword(libpq)) == k_stop)
    options_ = options;
  else if (options != nullptr)
    libpq.conninfoFree(options);
}

Answer::~Answer() {
  if (options_ != nullptr) libpq_.conninfoFree(options_);
  if (connection_ != nullptr) libpq_.finish(connection_);
}

std::string_view Answer::password() const {
  const char* password = connection_ != nullptr ? libpq_.pass(connection_) : nullptr;
  return password != nullptr ? password : "";
}

}  // namespace pglakebase

#include "ask.hpp"

#include <cerrno>
#include <cstring>

#include "option_place.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_stop = "pglakebase-asks";

bool same_values(const PQconninfoOption* one, const PQconninfoOption* other) {
  if (one == nullptr || other == nullptr) return false;
  for (; one->keyword != nullptr && other->keyword != nullptr; ++one, ++other) {
    const bool same = one->val == nullptr || other->val == nullptr
                          ? one->val == other->val
                          : std::strcmp(one->val, other->val) == 0;
    if (!same) return false;
  }
  return true;
}

// libpq leaves out what it has no memory for, and says nothing. An error that somebody's malloc()
// leaves behind proves nothing, so that it is asked twice then.
PQconninfoOption* all_options(const Libpq& libpq, PGconn* connection) {
  errno = 0;
  PQconninfoOption* options = libpq.conninfo(connection);
  if (errno != ENOMEM) return options;
  PQconninfoOption* again = libpq.conninfo(connection);
  if (!same_values(options, again)) {
    libpq.conninfoFree(options);
    options = nullptr;
  }
  libpq.conninfoFree(again);
  return options;
}

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
  PQconninfoOption* options = options_and_root();
  // A message about the caller's own words may hold ours, too.
  if (option_value(options, stop_keyword(libpq)) == k_stop)
    options_ = options;
  else if (options != nullptr)
    libpq.conninfoFree(options);
}

PQconninfoOption* Answer::options_and_root() {
  {
    const LikelyRootPlace place(libpq_, connection_);
    PQconninfoOption* options = all_options(libpq_, connection_);
    if (!place.in_use()) return options;
    if (place.confirmed_by(options)) {
      root_is_aside_ = true;
      root_ = place.root();
      return options;
    }
    libpq_.conninfoFree(options);
  }
  return all_options(libpq_, connection_);
}

std::string_view Answer::get(std::string_view keyword) const {
  if (!root_is_aside_ || keyword != "sslrootcert") return option_value(options_, keyword);
  return root_ != nullptr ? root_ : "";
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

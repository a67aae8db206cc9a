#include "credential_swap.hpp"

#include <cstddef>
#include <cstring>

#include "ask.hpp"

namespace pglakebase {
namespace {

// Where libpq 10 to 18 keep the pointers lies in the first 256 bytes (measured: password at 96 or
// 104); every PGconn has more than that.
constexpr std::size_t k_searched = 256;

char** pointer_at(PGconn* connection, std::size_t offset) {
  return reinterpret_cast<char**>(reinterpret_cast<char*>(connection) + offset);
}

// The one place in `connection` that holds `value`; false if there is none or more than one.
bool find_place(PGconn* connection, const char* value, std::size_t& offset) {
  bool found = false;
  for (std::size_t at = 0; at < k_searched; at += sizeof(char*)) {
    if (*pointer_at(connection, at) != value) continue;
    if (found) return false;
    found = true;
    offset = at;
  }
  return found;
}

bool same_place(PGconn* donor, const char* donors, PGconn* connection, const char* connections,
                std::size_t& offset) {
  std::size_t other = 0;
  return donors != nullptr && connections != nullptr && find_place(donor, donors, offset) &&
         find_place(connection, connections, other) && offset == other;
}

void exchange(PGconn* donor, PGconn* connection, std::size_t offset) {
  char* kept = *pointer_at(connection, offset);
  *pointer_at(connection, offset) = *pointer_at(donor, offset);
  *pointer_at(donor, offset) = kept;
}

}  // namespace

bool swap_credential(const Libpq& libpq, PGconn* connection, const char* password, const char* user,
                     const char* options) {
  // libpq passes over what has no value.
  const char* const keywords[] = {"host", "user", "password", "options", stop_keyword(libpq),
                                  nullptr};
  const char* const values[] = {"localhost",        user != nullptr ? user : "pglakebase",
                                password,           options,
                                "pglakebase-donor", nullptr};
  PGconn* donor = libpq.connectStartParams(keywords, values, 0);
  if (donor == nullptr) return false;
  const struct {
    bool wanted;
    char* (*get)(const PGconn*);
  } settings[] = {
      {true, libpq.pass}, {user != nullptr, libpq.user}, {options != nullptr, libpq.options}};
  std::size_t places[3] = {};
  bool fits =
      libpq.status(donor) == CONNECTION_BAD && std::strcmp(libpq.pass(donor), password) == 0;
  for (int i = 0; i < 3; ++i)
    fits = fits && (!settings[i].wanted || same_place(donor, settings[i].get(donor), connection,
                                                      settings[i].get(connection), places[i]));
  for (int i = 0; fits && i < 3; ++i)
    if (settings[i].wanted) exchange(donor, connection, places[i]);
  libpq.finish(donor);
  return fits;
}

}  // namespace pglakebase

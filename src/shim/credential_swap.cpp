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

bool swap_credential(const Libpq& libpq, PGconn* connection, const char* password,
                     const char* user) {
  const char* const keywords[] = {"host", "user", "password", stop_keyword(libpq), nullptr};
  const char* const values[] = {"localhost", user != nullptr ? user : "pglakebase", password,
                                "pglakebase-donor", nullptr};
  PGconn* donor = libpq.connectStartParams(keywords, values, 0);
  if (donor == nullptr) return false;
  std::size_t password_at = 0;
  std::size_t user_at = 0;
  const bool fits =
      libpq.status(donor) == CONNECTION_BAD && std::strcmp(libpq.pass(donor), password) == 0 &&
      same_place(donor, libpq.pass(donor), connection, libpq.pass(connection), password_at) &&
      (user == nullptr ||
       same_place(donor, libpq.user(donor), connection, libpq.user(connection), user_at));
  if (fits) {
    exchange(donor, connection, password_at);
    if (user != nullptr) exchange(donor, connection, user_at);
  }
  libpq.finish(donor);
  return fits;
}

}  // namespace pglakebase

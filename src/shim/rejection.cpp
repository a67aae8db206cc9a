#include "rejection.hpp"

#include <cstring>
#include <string_view>

namespace pglakebase {
namespace {

// PGconn of libpq 10 to 18 has at least 904 bytes, and last_sqlstate before 516 (measured).
constexpr std::size_t k_searched = 896;

bool holds(const PGconn* connection, std::string_view bytes) {
  return ::memmem(connection, k_searched, bytes.data(), bytes.size()) != nullptr;
}

}  // namespace

bool was_rejected(const Libpq& libpq, const PGconn* connection) {
  if (libpq.status(connection) != CONNECTION_BAD || libpq.usedPassword(connection) == 0)
    return false;
  return ended_with(connection, "28P01") || ended_with(connection, "28000");
}

bool was_unavailable(const PGconn* connection) {
  constexpr char states[][6] = {"57P03", "08000", "08001", "08003", "08006"};
  for (const auto& state : states)
    if (ended_with(connection, state)) return true;
  return false;
}

bool ended_with(const PGconn* connection, const char* state) {
  return holds(connection, {state, std::strlen(state) + 1});
}

}  // namespace pglakebase

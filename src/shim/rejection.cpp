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
  using std::string_view_literals::operator""sv;
  if (libpq.status(connection) != CONNECTION_BAD || libpq.usedPassword(connection) == 0)
    return false;
  return holds(connection, "28P01\0"sv) || holds(connection, "28000\0"sv);
}

bool was_unavailable(const PGconn* connection) {
  using std::string_view_literals::operator""sv;
  for (const std::string_view state :
       {"57P03\0"sv, "08000\0"sv, "08001\0"sv, "08003\0"sv, "08006\0"sv})
    if (holds(connection, state)) return true;
  return false;
}

bool ended_with(const PGconn* connection, const char* state) {
  return holds(connection, {state, std::strlen(state) + 1});
}

}  // namespace pglakebase

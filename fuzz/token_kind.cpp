// What the text of a password tells of it.
#include "pglakebase/core/token_kind.hpp"

#include <algorithm>

#include "fuzz.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {

void run(std::string_view input) {
  const TokenKind kind = token_kind(input);
  const bool pat = starts_with(input, "dapi");
  const bool jwt = starts_with(input, "eyJ") && std::count(input.begin(), input.end(), '.') == 2;
  if (kind == TokenKind::jwt) FUZZ_CHECK(jwt);
  if (kind == TokenKind::workspace) FUZZ_CHECK(pat || jwt);
  if (pat && kind != TokenKind::other)
    FUZZ_CHECK(input.size() >= 32 && input.find_first_of(" \n\r@/") == std::string_view::npos);
}

}  // namespace pglakebase::fuzz

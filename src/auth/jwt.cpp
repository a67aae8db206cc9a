#include "pglakebase/auth/jwt.hpp"

#include <nlohmann/json.hpp>

#include "pglakebase/core/view.hpp"
#include "pglakebase/crypto/base64.hpp"

namespace pglakebase {
namespace {

// Beyond the year 9999 it is no time.
constexpr std::int64_t k_latest_s = 253'402'300'799;

}  // namespace

std::optional<std::int64_t> jwt_end_s(std::string_view token) {
  std::string_view head;
  std::string_view claims;
  if (!take_until(token, '.', head) || !take_until(token, '.', claims) || token.empty()) return {};
  const auto decoded = base64url_decoded(claims);
  if (!decoded) return {};
  const auto json = nlohmann::json::parse(*decoded, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return {};
  const auto found = json.find("exp");
  if (found == json.end() || !found->is_number()) return {};
  const double end_s = found->get<double>();
  if (!(end_s > 0) || end_s > static_cast<double>(k_latest_s)) return {};
  return static_cast<std::int64_t>(end_s);
}

}  // namespace pglakebase

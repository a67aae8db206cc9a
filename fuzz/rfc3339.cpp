// Times in answers of the API.
#include "pglakebase/auth/rfc3339.hpp"

#include "fuzz.hpp"
#include "pglakebase/cli/time_text.hpp"

namespace pglakebase::fuzz {

void run(std::string_view input) {
  const auto moment = parse_rfc3339(input);
  if (!moment) return;
  // From the year 0 to 9999, give or take the offset.
  FUZZ_CHECK(*moment >= -62'167'305'600'000 && *moment <= 253'402'387'260'999);
  if (*moment < 0 || *moment >= 253'402'300'800'000) return;
  const auto again = parse_rfc3339(utc_time(*moment));
  FUZZ_CHECK(again && *again == *moment / 1000 * 1000);
}

}  // namespace pglakebase::fuzz

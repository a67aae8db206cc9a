// Ages: issued, expires, refresh_before, now, jitter.
#include "pglakebase/core/freshness.hpp"

#include "fuzz.hpp"

namespace pglakebase::fuzz {

void run(std::string_view input) {
  Lifetime life;
  life.issued_ms = take_number(input);
  life.expires_ms = take_number(input);
  life.refresh_before_ms = take_number(input);
  const std::int64_t now_ms = take_number(input);
  const auto jitter = static_cast<unsigned>(take_number(input));
  const Freshness state = freshness(life, now_ms, jitter);
  FUZZ_CHECK((now_ms < life.expires_ms) || state == Freshness::expired);
  if (life.issued_ms >= life.expires_ms) {
    FUZZ_CHECK(state != Freshness::fresh);
    return;
  }
  FUZZ_CHECK(last_minute_starts_ms(life) <= life.expires_ms);
  FUZZ_CHECK(last_minute_starts_ms(life) >= life.expires_ms - 60'000);
  FUZZ_CHECK(ageing_starts_ms(life, jitter) <= life.expires_ms);
  FUZZ_CHECK(ageing_starts_ms(life, 1000) <= ageing_starts_ms(life, 0));
  if (state == Freshness::expired) {
    FUZZ_CHECK(now_ms >= life.expires_ms || now_ms < life.issued_ms);
    return;
  }
  // It never becomes fresher with time.
  const std::int64_t later_ms = now_ms + (life.expires_ms - now_ms) / 2;
  FUZZ_CHECK(freshness(life, later_ms, jitter) >= state);
}

}  // namespace pglakebase::fuzz

#include "pglakebase/core/replacement.hpp"

#include <algorithm>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/freshness.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/obtain.hpp"
#include "pglakebase/core/record.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_hold_ms = 60'000;

}  // namespace

bool may_replace(const Cache& cache, const Request& request, std::int64_t issued_ms) {
  const std::int64_t now = wall_clock_ms();
  Text text;
  Record note;
  if (cache.read(k_kind_replacement, request.name(), text) &&
      note.parse(text.view(), k_kind_replacement)) {
    const std::int64_t age = now - note.number("at_ms", 0);
    // Whoever holds the same old credential gets the one fetched for the first of them.
    if (age >= 0 && age < k_hold_ms)
      return !issued_later(issued_ms, note.number("issued_ms", 0), now);
  }
  text.clear();
  Record::begin(text, k_kind_replacement);
  // Who was refused late, with one that has been followed by another, gets that from the cache; if
  // it is refused, too, this note must not stand in the way of the first fetch.
  append_field(text, "issued_ms", std::max(issued_ms, cached_issue_ms(cache, request)));
  append_field(text, "at_ms", now);
  Record::finish(text);
  cache.write(k_kind_replacement, request.name(), text.view());
  return true;
}

void replacement_accepted(const Cache& cache, const Request& request) {
  cache.remove(k_kind_replacement, request.name());
}

}  // namespace pglakebase

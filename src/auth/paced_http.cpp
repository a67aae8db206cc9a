#include "pglakebase/auth/paced_http.hpp"

#include <algorithm>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/net/retry.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_first_pause_ms = 200;
// Nobody is kept from asking for longer: what is broken may be one database of many, and the next
// who asks may ask for another.
constexpr std::int64_t k_longest_pause_ms = 5'000;
// With so many failures in a row it is an outage, and not tried again in the same run.
constexpr unsigned k_outage = 6;
// An unanswered call has already waited long.
constexpr unsigned k_weight_of_timeout = 2;
constexpr std::int64_t k_one_at_a_time_ms = 30'000;
constexpr std::int64_t k_forgotten_after_ms = 300'000;
// An attempt that has less time than this would only end in a timeout.
constexpr std::int64_t k_worth_trying_ms = 250;
// Those who wait for one moment do not all come in that moment.
constexpr std::int64_t k_spread_ms = 50;

std::string seconds(std::int64_t milliseconds) {
  return std::to_string(std::max<std::int64_t>((milliseconds + 999) / 1000, 1)) + " s";
}

}  // namespace

/// What is known about a server; wall clock.
struct PacedHttp::Trouble {
  std::int64_t seen_ms = 0;
  std::int64_t not_before_ms = 0;
  std::int64_t limited_ms = 0;  ///< when it last said that it was asked too often
  unsigned failures = 0;        ///< in a row
  std::string what;
};

EntryName PacedHttp::name_of(std::string_view origin) const {
  Text text;
  text.append("trouble\n");
  append_field(text, "origin", origin);
  append_field(text, "network", network_);
  return cache_.name(text.view());
}

bool PacedHttp::read(const EntryName& name, Trouble& trouble) const {
  Text text;
  Record record;
  if (!cache_.read(k_kind_trouble, name, text) || !record.parse(text.view(), k_kind_trouble))
    return false;
  trouble.seen_ms = record.number("seen_ms", 0);
  trouble.not_before_ms = record.number("not_before_ms", 0);
  trouble.limited_ms = record.number("limited_ms", 0);
  trouble.failures =
      static_cast<unsigned>(std::clamp<std::int64_t>(record.number("failures", 0), 0, 1000));
  trouble.what = record.get("what");
  // A clock that was set back, or a record that nobody of us wrote, must not stop us for long.
  const std::int64_t now = clock_.wall_ms();
  if (trouble.seen_ms > now || trouble.not_before_ms - trouble.seen_ms > k_longest_retry_after_ms)
    return false;
  const bool limited = now - trouble.limited_ms < k_one_at_a_time_ms;
  const bool failing = trouble.failures > 0 && now - trouble.not_before_ms < k_forgotten_after_ms;
  return limited || failing || now < trouble.not_before_ms;
}

void PacedHttp::write(const EntryName& name, const Trouble& trouble) const {
  Text text;
  Record::begin(text, k_kind_trouble);
  append_field(text, "seen_ms", trouble.seen_ms);
  append_field(text, "not_before_ms", trouble.not_before_ms);
  append_field(text, "limited_ms", trouble.limited_ms);
  append_field(text, "failures", std::int64_t{trouble.failures});
  append_field(text, "what", trouble.what);
  Record::finish(text);
  if (text.ok()) cache_.write(k_kind_trouble, name, text.view());
}

// Returns when the server may be asked; holding the lock if there is trouble.
FileLock PacedHttp::take_turn(const EntryName& name, const HttpRequest& request,
                              std::string_view origin) {
  FileLock lock;
  for (;;) {
    Trouble trouble;
    if (!read(name, trouble)) return {};
    const std::int64_t pause_ms = trouble.not_before_ms - clock_.wall_ms();
    if (request.local && trouble.failures == 0 && pause_ms > 0)
      throw HttpError(HttpError::Kind::unreachable, trouble.what, pause_ms);
    const std::int64_t left_ms = deadline_ms_ - clock_.monotonic_ms();
    if (std::max<std::int64_t>(pause_ms, 0) + k_worth_trying_ms > left_ms)
      throw HttpError(HttpError::Kind::held_back,
                      trouble.what + " (a moment ago; it is not asked again yet); try again in " +
                          seconds(pause_ms),
                      std::max<std::int64_t>(pause_ms, 0));
    if (pause_ms > 0) {
      lock = FileLock();
      clock_.sleep_ms(pause_ms + k_spread_ms * clock_.random_permille() / 1000);
      continue;
    }
    if (lock.held()) return lock;
    lock = FileLock::acquire(cache_, name, deadline_ms_ - k_worth_trying_ms, LockLevel::server);
    if (!lock.held())
      throw HttpError(HttpError::Kind::held_back,
                      std::string(origin) +
                          " was in trouble, and another process that asks it again has had no "
                          "answer yet; try again in a moment");
  }
}

// False if there is no use in trying again soon.
bool PacedHttp::note_failure(const EntryName& name, std::int64_t started_ms, unsigned weight,
                             std::int64_t asked_for_ms, bool limited, std::string_view what) {
  Trouble trouble;
  const bool known = read(name, trouble);
  const std::int64_t now = clock_.wall_ms();
  // Calls that were under way together fail together: that counts once.
  if (!known || trouble.seen_ms < started_ms) trouble.failures += weight;
  const unsigned doublings = std::min(trouble.failures == 0 ? 0 : trouble.failures - 1, 10U);
  const std::int64_t pause_ms = asked_for_ms >= 0
                                    ? asked_for_ms
                                    : std::min(k_first_pause_ms << doublings, k_longest_pause_ms);
  trouble.seen_ms = now;
  trouble.not_before_ms = std::max(trouble.not_before_ms, now + pause_ms);
  if (limited) trouble.limited_ms = now;
  trouble.what = what;
  write(name, trouble);
  const std::int64_t left_ms = deadline_ms_ - clock_.monotonic_ms();
  return (limited || trouble.failures < k_outage) &&
         trouble.not_before_ms - now + k_worth_trying_ms + k_spread_ms <= left_ms;
}

void PacedHttp::note_absence(const EntryName& name, const HttpError& error) const {
  Trouble trouble;
  trouble.seen_ms = clock_.wall_ms();
  trouble.not_before_ms = trouble.seen_ms + error.hold_ms();
  trouble.what = error.what();
  write(name, trouble);
}

void PacedHttp::note_answer(const EntryName& name) const {
  Trouble trouble;
  if (!read(name, trouble) || trouble.failures == 0) return;
  if (clock_.wall_ms() - trouble.limited_ms >= k_one_at_a_time_ms) {
    cache_.remove(k_kind_trouble, name);
    return;
  }
  trouble.failures = 0;
  write(name, trouble);
}

HttpResponse PacedHttp::send(const HttpRequest& request) {
  const std::string origin(origin_of(request.url));
  const EntryName name = name_of(origin);
  const FileLock lock = take_turn(name, request, origin);
  HttpRequest bounded = request;
  bounded.timeout_ms = std::min(request.timeout_ms, deadline_ms_ - clock_.monotonic_ms());
  const std::int64_t started_ms = clock_.wall_ms();
  try {
    HttpResponse response = client_.send(bounded);
    if (!heals(response.status)) {
      note_answer(name);
      return response;
    }
    const bool limited = response.status == 429;
    response.retry =
        note_failure(name, started_ms, 1, retry_after_ms(response, clock_.wall_ms()), limited,
                     origin + " answered HTTP " + std::to_string(response.status));
    return response;
  } catch (const HttpError& error) {
    if (error.kind() == HttpError::Kind::unreachable && error.hold_ms() > 0)
      note_absence(name, error);
    const bool late = error.kind() == HttpError::Kind::timed_out;
    if (!late && error.kind() != HttpError::Kind::reset) throw;
    if (note_failure(name, started_ms, late ? k_weight_of_timeout : 1, -1, false, error.what()))
      throw;
    throw HttpError(error.kind(), error.what(), k_longest_pause_ms);
  }
}

}  // namespace pglakebase

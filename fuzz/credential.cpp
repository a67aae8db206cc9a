// The records that decide what is used: now, jitter, then the record.
#include "pglakebase/core/credential.hpp"

#include "fuzz.hpp"

namespace pglakebase::fuzz {
namespace {

template <typename T>
bool again(const T& one, T& other, std::string& text) {
  Text record;
  one.append_record(record);
  text = record.view();
  // Escapes may make it longer than what was read.
  return text.size() <= k_record_limit && (FUZZ_CHECK(other.parse(text)), true);
}

void check_credential(const Credential& credential, std::int64_t now_ms, unsigned jitter) {
  Credential second;
  std::string text;
  if (again(credential, second, text)) {
    FUZZ_CHECK(second.token.view() == credential.token.view());
    FUZZ_CHECK(second.identity.view() == credential.identity.view());
    FUZZ_CHECK(second.user.view() == credential.user.view());
    FUZZ_CHECK(second.issued_ms == credential.issued_ms);
    FUZZ_CHECK(second.expires_ms == credential.expires_ms);
    FUZZ_CHECK(second.issued_since_boot_ms == credential.issued_since_boot_ms);
  }
  const Lifetime life = credential.lifetime(0, now_ms > 0 ? now_ms : 0);
  FUZZ_CHECK(life.age_ms >= 0 && life.reckoned_ms(now_ms) >= now_ms);
  const Freshness state = freshness(life, now_ms, jitter);
  FUZZ_CHECK(now_ms < credential.expires_ms || state == Freshness::expired);
}

void check_failure(const Failure& failure, std::int64_t now_ms) {
  Failure second;
  std::string text;
  if (again(failure, second, text)) {
    FUZZ_CHECK(second.sentence.view() == failure.sentence.view());
    FUZZ_CHECK(second.permanent == failure.permanent);
    FUZZ_CHECK(second.not_before_ms == failure.not_before_ms);
    FUZZ_CHECK(second.material.view() == failure.material.view());
    FUZZ_CHECK(second.network.view() == failure.network.view());
    FUZZ_CHECK(second.files.view() == failure.files.view());
  }
  // Nobody is held off for more than an hour, nor before it happened.
  if (failure.holds_at(now_ms)) {
    FUZZ_CHECK(now_ms >= failure.seen_ms && now_ms - failure.seen_ms < 3'600'000);
    FUZZ_CHECK(!failure.holds_at(failure.not_before_ms));
  }
}

void check_resolution(const Resolution& resolution) {
  Resolution second;
  std::string text;
  if (again(resolution, second, text)) {
    FUZZ_CHECK(second.selecting.view() == resolution.selecting.view());
    FUZZ_CHECK(second.files.view() == resolution.files.view());
  }
  // It becomes part of a file's name.
  FUZZ_CHECK(resolution.identity.size() == 64);
  FUZZ_CHECK(resolution.identity.view().find_first_of("/.") == std::string_view::npos);
  resolution.files_unchanged();
}

}  // namespace

void run(std::string_view input) {
  const std::int64_t now_ms = take_number(input);
  const auto jitter = static_cast<unsigned>(take_number(input));
  if (Credential credential; credential.parse(input)) check_credential(credential, now_ms, jitter);
  if (Failure failure; failure.parse(input)) check_failure(failure, now_ms);
  if (Resolution resolution; resolution.parse(input)) check_resolution(resolution);
}

}  // namespace pglakebase::fuzz

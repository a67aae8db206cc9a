#include "pglakebase/core/obtain.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/helper_process.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/locate.hpp"

namespace pglakebase {
namespace {

// A helper gives up by itself after this, whoever still waits.
constexpr std::int64_t k_helper_life_ms = 30'000;
// So soon a helper stands in its own name for the fetch.
constexpr std::int64_t k_start_ms = 5'000;
constexpr std::int64_t k_longest_pause_ms = 50;

unsigned jitter_permille() {
  return static_cast<std::uint32_t>(::getpid()) * 2654435761U % 1001;
}

bool lookup(const Cache& cache, const Request& request, Credential& credential,
            Resolution& resolution) {
  Text record;
  if (!cache.read(k_kind_request, request.name(), record) || !resolution.parse(record.view()) ||
      resolution.selecting.view() != request.selecting() || !resolution.files_unchanged())
    return false;
  return read_credential(cache, resolution.identity.view(), credential);
}

// A failure that still speaks for this request.
bool standing_failure(const Cache& cache, const Request& request, Failure& failure) {
  Text record;
  if (!cache.read(k_kind_failure, request.name(), record) || !failure.parse(record.view()))
    return false;
  return failure.holds_at(wall_clock_ms()) &&
         failure.seen_with(request.material().view(), request.network().view());
}

// The note that a fetch is under way. It only spares helpers: what keeps fetches single is the
// helper's lock.
class Claim {
 public:
  Claim(const Cache& cache, const Request& request) : cache_(cache), request_(request) {}

  /// False while somebody else's fetch is under way.
  bool take() {
    // Looked at first: a thousand who wait should not all write.
    if (alive()) return false;
    Text record;
    Record::begin(record, k_kind_fetching);
    append_field(record, "pid", std::int64_t{::getpid()});
    append_field(record, "since_ms", wall_clock_ms());
    append_field(record, "starting", std::int64_t{1});
    Record::finish(record);
    if (cache_.create(k_kind_fetching, request_.name(), record.view())) return true;
    if (errno != EEXIST) return true;
    if (alive()) return false;
    cache_.write(k_kind_fetching, request_.name(), record.view());
    return true;
  }

  /// Takes the note away, unless a helper has put its own there.
  void give_up() {
    Record record;
    if (read(record) && record.number("pid", 0) == ::getpid())
      cache_.remove(k_kind_fetching, request_.name());
  }

 private:
  bool read(Record& record) const {
    Text text;
    return cache_.read(k_kind_fetching, request_.name(), text) &&
           record.parse(text.view(), k_kind_fetching);
  }

  bool alive() const {
    Record record;
    if (!read(record)) return false;
    const std::int64_t age = wall_clock_ms() - record.number("since_ms", 0);
    if (age < -1000 || age > k_helper_life_ms + 5'000) return false;
    // Who lives on while the helper was killed before it put its own note there.
    if (record.number("starting", 0) != 0 && age > k_start_ms) return false;
    const auto pid = static_cast<pid_t>(record.number("pid", 0));
    return pid > 0 && (::kill(pid, 0) == 0 || errno != ESRCH);
  }

  const Cache& cache_;
  const Request& request_;
};

void fail(Obtained& result, std::string_view sentence) {
  result.failure.sentence.assign(sentence);
  result.failure.permanent = false;
}

void fail_to_start(Obtained& result, int error) {
  if (error == ENOENT || error == EACCES) {
    fail(result,
         "the helper pglakebase-fetch cannot be started; install it beside libpglakebase.so (in a "
         "chroot: inside it), or warm the cache with \"pglakebase token\" first");
    return;
  }
  Text sentence("the helper pglakebase-fetch cannot be started (error ");
  sentence.append_number(error).append("): a limit or sandbox of this process is in the way; ");
  sentence.append("loosen it, or warm the cache with \"pglakebase token\" first");
  fail(result, sentence.view());
}

class Obtaining {
 public:
  Obtaining(const Cache& cache, const Request& request, const ObtainOptions& options)
      : cache_(cache), request_(request), options_(options) {}

  Obtained run() {
    Obtained result;
    if (look(result.credential, result.files)) {
      switch (state(result.credential)) {
        case Freshness::fresh:
          return from_cache(result);
        case Freshness::ageing:
          renew_in_background();
          return from_cache(result);
        case Freshness::last_minute:
          if (last_minute(result)) return result;
          break;
        case Freshness::expired:
          break;
      }
    }
    wait(result, options_.deadline_ms);
    // A setting was changed since, which does not invalidate what the same identity holds: the
    // helper has seen to that, even if it could get nothing newer.
    if (!result.ok && look(result.credential) && state(result.credential) != Freshness::expired)
      return from_cache(result);
    return result;
  }

 private:
  bool look(Credential& credential) const {
    Text files;
    return look(credential, files);
  }

  bool look(Credential& credential, Text& files) const {
    Resolution resolution;
    if (!lookup(cache_, request_, credential, resolution)) return false;
    files = static_cast<Text&&>(resolution.files);
    return issued_later(credential.issued_ms, options_.issued_after_ms, wall_clock_ms()) &&
           !(options_.need_user && credential.user.empty());
  }

  Freshness state(const Credential& credential) const {
    const std::int64_t now = wall_clock_ms();
    const Lifetime life = lifetime(credential);
    if (options_.min_life_ms > 0 &&
        credential.expires_ms - life.reckoned_ms(now) < options_.min_life_ms)
      return Freshness::expired;
    return freshness(life, now, jitter_permille());
  }

  Lifetime lifetime(const Credential& credential) const {
    return credential.lifetime(request_.refresh_before_ms(), since_boot_ms());
  }

  std::int64_t left_ms(const Credential& credential) const {
    return credential.expires_ms - lifetime(credential).reckoned_ms(wall_clock_ms());
  }

  static Obtained from_cache(Obtained& result) {
    result.ok = true;
    result.from_cache = true;
    return static_cast<Obtained&&>(result);
  }

  void renew_in_background() const {
    Failure failure;
    Claim claim(cache_, request_);
    if (standing_failure(cache_, request_, failure) || !claim.take()) return;
    // As below: another's fetch may have ended between the two looks.
    Credential now;
    if ((look(now) && state(now) == Freshness::fresh) ||
        standing_failure(cache_, request_, failure)) {
      claim.give_up();
      return;
    }
    Text reply;
    if (start(0, reply) == HelperEnd::not_started) claim.give_up();
  }

  // Nobody waits so long for a better one that the one at hand runs out meanwhile. False if it has
  // run out all the same: then there is nothing to lose by waiting.
  bool last_minute(Obtained& result) const {
    const std::int64_t patience = std::min<std::int64_t>(left_ms(result.credential) / 2, 10'000);
    wait(result, std::min(options_.deadline_ms, monotonic_ms() + patience));
    if (result.ok) return true;
    result.ok = result.from_cache = look(result.credential) && left_ms(result.credential) > 0;
    return result.ok;
  }

  // Until a usable credential or a failure stands in the cache, or our own helper has answered.
  void wait(Obtained& result, std::int64_t deadline_ms) const {
    for (std::int64_t pause = 2;; pause = std::min(pause * 2, k_longest_pause_ms)) {
      if (look(result.credential)) {
        const Freshness now = state(result.credential);
        if (now == Freshness::fresh || now == Freshness::ageing) {
          result.ok = true;
          result.from_cache = true;
          return;
        }
      }
      if (fails_already(result)) return;
      if (Claim claim(cache_, request_); claim.take()) {
        // The one before may have ended between the looks, well or not.
        if (found_fresh(result) || fails_already(result)) {
          claim.give_up();
          return;
        }
        ask_helper(result, claim, deadline_ms);
        return;
      }
      if (monotonic_ms() >= deadline_ms) {
        fail(result,
             "no database credential arrived in time: another process's sign-in to Databricks is "
             "still under way; try again in a moment");
        return;
      }
      sleep_ms(pause);
    }
  }

  bool found_fresh(Obtained& result) const {
    if (!look(result.credential)) return false;
    const Freshness now = state(result.credential);
    result.ok = result.from_cache = now == Freshness::fresh || now == Freshness::ageing;
    return result.ok;
  }

  bool fails_already(Obtained& result) const {
    return !options_.despite_failure && standing_failure(cache_, request_, result.failure);
  }

  void ask_helper(Obtained& result, Claim& claim, std::int64_t deadline_ms) const {
    Text reply;
    switch (start(deadline_ms, reply)) {
      case HelperEnd::not_started:
        fail_to_start(result, errno);
        claim.give_up();
        return;
      case HelperEnd::running:
        fail(result,
             "no database credential arrived in time: signing in to Databricks is still under "
             "way; try again, with a longer connect_timeout where one is set");
        return;
      case HelperEnd::finished:
        break;
    }
    // A helper that found another cache, or that refused the request, leaves the note to us.
    claim.give_up();
    result.ok = result.credential.parse(reply.view());
    if (result.ok || result.failure.parse(reply.view())) return;
    fail(result,
         "the helper pglakebase-fetch ended without an answer; \"pglakebase token\" shows more");
  }

  HelperEnd start(std::int64_t deadline_ms, Text& reply) const {
    Text helper;
    if (!locate_helper(helper)) {
      errno = ENOENT;
      return HelperEnd::not_started;
    }
    Request::Options options;
    options.issued_after_ms = options_.issued_after_ms;
    options.need_user = options_.need_user;
    options.min_life_ms = options_.min_life_ms;
    options.deadline_ms = k_helper_life_ms;
    Text document;
    request_.append_document(document, options);
    if (!document.ok()) {
      errno = ENOMEM;
      return HelperEnd::not_started;
    }
    return run_helper(helper.c_str(), document.view(), deadline_ms, reply, options_.meanwhile);
  }

  const Cache& cache_;
  const Request& request_;
  const ObtainOptions& options_;
};

}  // namespace

Obtained obtain(const Cache& cache, const Request& request, const ObtainOptions& options) {
  return Obtaining(cache, request, options).run();
}

bool is_fresh(const CredentialTimes& credential, std::int64_t refresh_before_ms) {
  return freshness(credential.lifetime(refresh_before_ms, since_boot_ms()), wall_clock_ms(),
                   jitter_permille()) == Freshness::fresh;
}

std::int64_t cached_issue_ms(const Cache& cache, const Request& request) {
  Credential credential;
  Resolution resolution;
  return lookup(cache, request, credential, resolution) ? credential.issued_ms : 0;
}

}  // namespace pglakebase

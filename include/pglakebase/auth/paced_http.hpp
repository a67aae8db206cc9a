#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/net/clock.hpp"
#include "pglakebase/net/http.hpp"

namespace pglakebase {

/// Sends through another client, at the pace that all processes of the user have found a server to
/// bear. Who meets trouble (429, 5xx, a broken connection, no answer in time) writes it down beside
/// the cache; then nobody asks that server before the noted time, and one process at a time asks
/// afterwards: after an outage until one is answered, after a 429 for half a minute. Servers that
/// cannot be reached at all are no such trouble: the network may be back at any moment.
class PacedHttp final : public HttpClient {
 public:
  /// `network` is RequestDocument::network_digest: trouble seen through another proxy is not ours.
  /// `deadline_ms` is by Clock::monotonic_ms(); references are kept. Without a valid cache, or for
  /// lack of room in it, nothing is shared.
  PacedHttp(HttpClient& client, Clock& clock, const Cache& cache, std::string_view network,
            std::int64_t deadline_ms)
      : client_(client),
        clock_(clock),
        cache_(cache),
        network_(network),
        deadline_ms_(deadline_ms) {}

  /// Waits for its turn where there is trouble. Throws HttpError of kind held_back where waiting
  /// would outlast the deadline, or an outage has been met once more and goes on.
  HttpResponse send(const HttpRequest& request) override;

 private:
  struct Trouble;

  EntryName name_of(std::string_view origin) const;
  bool read(const EntryName& name, Trouble& trouble) const;
  void write(const EntryName& name, const Trouble& trouble) const;
  FileLock take_turn(const EntryName& name, const HttpRequest& request, std::string_view origin);
  bool note_failure(const EntryName& name, std::int64_t started_ms, unsigned weight,
                    std::int64_t asked_for_ms, bool limited, std::string_view what);
  void note_absence(const EntryName& name, const HttpError& error) const;
  void note_answer(const EntryName& name) const;

  HttpClient& client_;
  Clock& clock_;
  const Cache& cache_;
  std::string network_;
  std::int64_t deadline_ms_;
};

}  // namespace pglakebase

#pragma once

#include <string_view>

#include "pglakebase/config/request_document.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/credential.hpp"

namespace pglakebase {

/// The cache entries that a run of the helper writes for the others, by request.
class Entries {
 public:
  Entries(const Cache& cache, const RequestDocument& request)
      : cache_(cache), request_(request), name_(cache.name(request.selecting)) {}

  const EntryName& request_name() const { return name_; }

  bool read_credential(const EntryName& identity, Credential& credential) const;
  void write_credential(const EntryName& identity, const Credential& credential) const;

  /// Which identity this request is, read from `files` (stamps); the way to the credential is then
  /// open, and an earlier failure is over.
  void write_resolution(const EntryName& identity, std::string_view files) const;
  /// Notes that the token is ours, for which identity and for which hosts. Kept until it is swept,
  /// a day after the token's end. `exchanged`: it was made from a user's token, which only whoever
  /// asked has.
  void write_issued(const Credential& credential, bool exchanged) const;
  bool read_failure(Failure& failure) const;
  void write_failure(const Failure& failure) const;

 private:
  const Cache& cache_;
  const RequestDocument& request_;
  EntryName name_;
};

/// The note that this process fetches for a request, while it lives.
class FetchingNote {
 public:
  FetchingNote(const Cache& cache, const EntryName& request);
  ~FetchingNote();
  FetchingNote(const FetchingNote&) = delete;
  FetchingNote& operator=(const FetchingNote&) = delete;

 private:
  const Cache& cache_;
  const EntryName& name_;
};

/// Removes what has been of no use for a day: records end within a day of their writing, so their
/// files' age tells. Once an hour, for a tenth of a second at most; where there is more to do, the
/// next one goes on. `now_ms` is the wall clock.
void sweep(const Cache& cache, std::int64_t now_ms);

}  // namespace pglakebase

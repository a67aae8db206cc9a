#pragma once

#include <cstddef>

#include "libpq.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// For a question that is asked anyway (PQconninfo): while this lives, a value of ours stands where
/// this libpq's connections most likely keep the pointer to their sslrootcert. Does nothing where
/// the place is known.
class LikelyRootPlace {
 public:
  /// `idle` is ours alone and goes nowhere.
  LikelyRootPlace(const Libpq& libpq, PGconn* idle);
  ~LikelyRootPlace();
  LikelyRootPlace(const LikelyRootPlace&) = delete;
  LikelyRootPlace& operator=(const LikelyRootPlace&) = delete;

  /// False where nothing was changed, and the answer is the connection's.
  bool in_use() const { return place_ != nullptr; }
  /// True if the answer shows that it is the place, which is known then. If not, it shows what the
  /// connection does not have, anywhere.
  bool confirmed_by(const PQconninfoOption* options) const;
  /// What the connection has there: its sslrootcert, if that is the place; null for none.
  const char* root() const { return root_; }

 private:
  const Libpq& libpq_;
  Text value_;
  const char** place_ = nullptr;
  const char* root_ = nullptr;
};

/// Finds out where this libpq's connections keep the pointer to their sslrootcert, for libpq has no
/// function that changes it. Done once for each libpq, on a connection that is ours alone and goes
/// nowhere: it reports another value when the right word of its memory points to one. Left as it
/// was.
void find_root_place(const Libpq& libpq, PGconn* idle);

/// The place that was found. False where it was not looked for, or not to be found.
bool root_place(const Libpq& libpq, std::size_t& offset);

/// Writes `value` over the sslrootcert of a connection, if that is `expected` and no shorter.
bool overwrite_root(PGconn* connection, std::size_t offset, const char* expected,
                    const char* value);

}  // namespace pglakebase

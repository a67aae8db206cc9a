#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

inline constexpr char k_kind_roots[] = "roots";  ///< roots that were learned, by target
/// Learning is under way, or was tried a short while ago; by target.
inline constexpr char k_kind_learning[] = "learning";
/// What the helper is told to learn; not a file.
inline constexpr char k_kind_learn[] = "learn";

/// The servers that one connection may go to, in libpq's comma lists, and the file of roots that
/// they are verified with.
struct RootsTarget {
  std::string_view hosts;
  std::string_view hostaddrs;
  std::string_view ports;
  std::string_view bundle;
};

/// The file that holds, of all the roots in the system's bundle, those that vouched for a target.
/// libpq parses the whole bundle for every connection (26 ms for 145 roots); with this file it need
/// not. It never says more than the bundle: it is found only while the bundle is the very file that
/// was learned from, for a day at most, and only whole. A record stands before the certificates;
/// OpenSSL passes over it.
class LearnedRoots {
 public:
  /// Looks at the bundle's state now.
  LearnedRoots(const Cache& cache, const RootsTarget& target);

  /// False where there is nothing to gain (a small bundle), or nowhere to keep it.
  bool worthwhile() const { return worthwhile_; }
  /// Appends the path of the file, if there is one to be used. `now_ms` is since 1970.
  bool find(Text& path, std::int64_t now_ms) const;
  /// For the helper. `pem` holds the certificates.
  bool store(std::string_view pem, std::int64_t now_ms) const;

  /// True for one process an hour: it is the one to have the roots learned.
  bool claim(std::int64_t now_ms) const;
  void give_up_claim() const;

  /// The name of the file; another one when the bundle is another.
  const EntryName& name() const { return name_; }

 private:
  // Against damage. Whoever can write there at will could also read a key that lies there.
  std::int64_t sum(std::int64_t learned_ms, std::string_view pem) const;

  const Cache& cache_;
  Text target_;  // all that the file stands for, the bundle's state too
  EntryName name_;
  bool worthwhile_ = false;
};

/// What the helper is told: a record of kind k_kind_learn.
void append_learn_request(Text& out, const Cache& cache, const RootsTarget& target);

}  // namespace pglakebase

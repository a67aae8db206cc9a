#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "pglakebase/core/inputs.hpp"

namespace pglakebase {

/// The variables of all inputs that have a value in the environment: found in one pass over it,
/// since each connection needs all of them. Of a variable that stands there twice the first counts,
/// as for getenv(). Under AT_SECURE there are none. The values belong to the environment.
class Variables {
 public:
  struct Found {
    std::uint8_t input;  ///< its number in inputs()
    std::uint8_t n;      ///< the variable's, as by input_variable()
    const char* value;
  };

  void read();

  /// Input by input, each one's strongest first.
  std::span<const Found> all() const { return {found_, count_}; }
  /// Has an input of that name any value?
  bool given(std::string_view input) const;

 private:
  void keep(Found found);

  // The first `count_` alone have been written to.
  Found found_[k_all_variables_at_most];
  std::size_t count_ = 0;
};

}  // namespace pglakebase

#pragma once

#include <cstddef>
#include <string_view>

namespace pglakebase {

/// The variables of all inputs, as they stand in the environment: found in one pass over it, since
/// each connection needs all of them. Of a variable that stands there twice the first counts, as
/// for getenv(). Under AT_SECURE there are none. The values belong to the environment.
class Variables {
 public:
  static constexpr std::size_t k_per_input = 5;

  void read();

  /// The n-th variable (numbered as by input_variable()) of the i-th input; null if unset or empty.
  const char* value(std::size_t input, std::size_t n) const { return values_[input][n]; }
  /// Has an input of that name any value?
  bool given(std::string_view input) const;

 private:
  static constexpr std::size_t k_inputs_at_most = 96;

  void remember(std::string_view name, const char* content);

  const char* values_[k_inputs_at_most][k_per_input] = {};
};

}  // namespace pglakebase

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace pglakebase {

/// How an input takes part in the name of a request (docs/ARCHITECTURE.md, "Who am I").
enum class InputClass : unsigned char {
  selecting,  ///< chooses workspace, identity or endpoint: stands in the name
  deciding,   ///< a secret that alone says who we are: its keyed digest stands in the name
  assertion,  ///< like `deciding`, but only when no client id says who we are
  material,   ///< a secret that proves an identity chosen elsewhere: not in the name
  network,    ///< how servers are reached: not in the name
  local       ///< read by the library or the command alone: not in the name
};

/// Who may set an input by a directive.
enum class DirectivePolicy : unsigned char {
  none,    ///< nobody: environment only
  any,     ///< every service file that counts
  trusted  ///< ~/.pg_service.conf and the system's file: it runs a command, names a secret, a
           ///< foreign host or another workspace
};

/// A part of the text that holds all names. (Pointers would be relocated in each process that loads
/// the library, and be most of a table's size.)
struct NamePlace {
  std::uint16_t at;
  std::uint8_t size;

  std::string_view view() const { return {k_all_names + at, size}; }

 private:
  static const char* const k_all_names;
};

/// One setting. `name()` is the directive's key and, with few exceptions, the attribute's name in
/// ~/.databrickscfg. PGLAKEBASE_<NAME> is a variable of every input that has a directive; the
/// others are `variable(0)`, `variable(1)` …, strongest first, and end with an empty one.
struct Input {
  static constexpr std::size_t k_variables_at_most = 2;

  InputClass input_class;
  DirectivePolicy directive;
  NamePlace name_place;
  NamePlace variable_places[k_variables_at_most];

  std::string_view name() const { return name_place.view(); }
  std::string_view variable(std::size_t n) const {
    return n < k_variables_at_most ? variable_places[n].view() : std::string_view();
  }
};

/// For tables of fixed size, one place for each; there are fewer.
constexpr std::size_t k_inputs_at_most = 96;
constexpr std::size_t k_all_variables_at_most = 192;

/// All inputs, of all sources.
std::span<const Input> inputs();

/// Null if there is none of that name.
const Input* find_input(std::string_view name);

/// Sets `variable` to the n-th variable of the input (PGLAKEBASE_<NAME> first, where there is one).
/// False when there are no more. `buffer` must hold 64 bytes.
bool input_variable(const Input& input, std::size_t n, char* buffer, std::string_view& variable);

/// Finds the input that has a variable of this name, and the variable's number as
/// input_variable() counts. Quick: it is called for everything in an environment.
bool find_variable(std::string_view name, std::size_t& input, std::size_t& n);

}  // namespace pglakebase

#pragma once

#include <cstddef>
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

/// One setting. `name` is the directive's key and, with few exceptions, the attribute's name in
/// ~/.databrickscfg. PGLAKEBASE_<NAME> is a variable of every input that has a directive; the
/// others stand in `variables`, strongest first, and end with null.
struct Input {
  const char* name;
  InputClass input_class;
  DirectivePolicy directive;
  const char* variables[4];
};

/// For tables of fixed size, one place for each; there are fewer.
constexpr std::size_t k_inputs_at_most = 96;
constexpr std::size_t k_variables_at_most = 192;

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

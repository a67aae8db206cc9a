#include "pglakebase/core/variables.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <cstring>

#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Is `rest` the input's name in upper case?
bool is_own_variable(std::string_view rest, std::string_view input) {
  for (const char c : rest)
    if (c >= 'a' && c <= 'z') return false;
  return equals_ignoring_case(rest, input);
}

void keep(const char*& place, const char* content) {
  if (place == nullptr) place = content;
}

}  // namespace

void Variables::read() {
  if (::getauxval(AT_SECURE) != 0) return;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char* equals = std::strchr(*entry, '=');
    if (equals == nullptr || equals == *entry || equals[1] == '\0') continue;
    const std::string_view name(*entry, static_cast<std::size_t>(equals - *entry));
    if (may_be_variable(name)) remember(name, equals + 1);
  }
}

void Variables::remember(std::string_view name, const char* content) {
  constexpr std::string_view own = "PGLAKEBASE_";
  const bool is_own = starts_with(name, own);
  const std::string_view rest = is_own ? slice(name, own.size()) : name;
  for (std::size_t i = 0; i < inputs().size() && i < k_inputs_at_most; ++i) {
    const Input& input = inputs()[i];
    const bool has_own = input.directive != DirectivePolicy::none;
    if (is_own) {
      if (has_own && is_own_variable(rest, input.name())) keep(values_[i][0], content);
      continue;
    }
    for (std::size_t n = 0; n < Input::k_variables_at_most; ++n)
      if (name == input.variable(n)) keep(values_[i][n + (has_own ? 1 : 0)], content);
  }
}

bool Variables::given(std::string_view input) const {
  for (std::size_t i = 0; i < inputs().size() && i < k_inputs_at_most; ++i)
    if (inputs()[i].name() == input)
      for (const char* content : values_[i])
        if (content != nullptr) return true;
  return false;
}

}  // namespace pglakebase

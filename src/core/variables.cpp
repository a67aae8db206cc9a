#include "pglakebase/core/variables.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <cstring>

namespace pglakebase {

void Variables::read() {
  if (::getauxval(AT_SECURE) != 0) return;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char* equals = std::strchr(*entry, '=');
    if (equals == nullptr || equals == *entry || equals[1] == '\0') continue;
    const std::string_view name(*entry, static_cast<std::size_t>(equals - *entry));
    std::size_t input = 0;
    std::size_t n = 0;
    if (find_variable(name, input, n))
      keep({static_cast<std::uint8_t>(input), static_cast<std::uint8_t>(n), equals + 1});
  }
}

void Variables::keep(Found found) {
  const auto place = [](const Found& one) { return one.input * 256U + one.n; };
  std::size_t at = count_;
  while (at > 0 && place(found_[at - 1]) > place(found)) --at;
  if ((at > 0 && place(found_[at - 1]) == place(found)) || count_ == k_all_variables_at_most)
    return;
  std::memmove(found_ + at + 1, found_ + at, (count_ - at) * sizeof *found_);
  found_[at] = found;
  ++count_;
}

bool Variables::given(std::string_view input) const {
  for (const Found& found : all())
    if (inputs()[found.input].name() == input) return true;
  return false;
}

}  // namespace pglakebase

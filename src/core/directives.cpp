#include "pglakebase/core/directives.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// False where the NUL is missing, as without memory for a whole directive.
bool take_string(std::string_view packed, std::size_t& position, std::string_view& string) {
  const std::size_t end = packed.find('\0', position);
  if (end == std::string_view::npos) return false;
  string = {packed.data() + position, end - position};
  position = end + 1;
  return true;
}

}  // namespace

// libpq reads lines as C strings, too.
void Directives::add(std::string_view key, std::string_view value) {
  packed_.append(slice(key, 0, key.find('\0'))).append_char('\0');
  packed_.append(slice(value, 0, value.find('\0'))).append_char('\0');
}

bool DirectiveView::next(std::size_t& position, std::string_view& key,
                         std::string_view& value) const {
  return take_string(packed_, position, key) && take_string(packed_, position, value);
}

std::string_view DirectiveView::get(std::string_view key) const {
  std::string_view last;
  std::size_t position = 0;
  std::string_view found;
  std::string_view value;
  while (next(position, found, value))
    if (found == key) last = value;
  return last;
}

bool DirectiveView::has(std::string_view key) const {
  std::size_t position = 0;
  std::string_view found;
  std::string_view value;
  while (next(position, found, value))
    if (found == key) return true;
  return false;
}

}  // namespace pglakebase

#include "pglakebase/core/directives.hpp"

#include <cstring>

#include "pglakebase/core/view.hpp"

namespace pglakebase {

// libpq reads lines as C strings, too.
void Directives::add(std::string_view key, std::string_view value) {
  lines_.append(slice(key, 0, key.find('\0'))).append_char('\0');
  lines_.append(slice(value, 0, value.find('\0'))).append_char('\0');
}

bool Directives::next(std::size_t& position, std::string_view& key, std::string_view& value) const {
  if (position >= lines_.size()) return false;
  const char* at = lines_.c_str() + position;
  key = {at, std::strlen(at)};
  at += key.size() + 1;
  value = {at, std::strlen(at)};
  position += key.size() + value.size() + 2;
  return true;
}

std::string_view Directives::get(std::string_view key) const {
  std::string_view last;
  std::size_t position = 0;
  std::string_view found;
  std::string_view value;
  while (next(position, found, value))
    if (found == key) last = value;
  return last;
}

bool Directives::has(std::string_view key) const {
  std::size_t position = 0;
  std::string_view found;
  std::string_view value;
  while (next(position, found, value))
    if (found == key) return true;
  return false;
}

}  // namespace pglakebase

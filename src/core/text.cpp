#include "pglakebase/core/text.hpp"
#include "pglakebase/core/kernel.hpp"

#include <cstdlib>
#include <cstring>
#include <utility>

namespace pglakebase {

Text::Text(Text&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      ok_(std::exchange(other.ok_, true)) {}

Text& Text::operator=(Text&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(ok_, other.ok_);
  return *this;
}

// Not realloc: it would leave an unwiped copy behind.
bool Text::reserve(std::size_t size) {
  if (size < capacity_) return true;
  std::size_t wanted = capacity_ == 0 ? 64 : capacity_ * 2;
  if (wanted <= size) wanted = size + 1;
  // One more than the largest size is none.
  char* bigger = wanted > size ? static_cast<char*>(std::malloc(wanted)) : nullptr;
  if (bigger == nullptr) {
    ok_ = false;
    note_shortage();
    return false;
  }
  if (size_ != 0) std::memcpy(bigger, data_, size_);
  if (data_ != nullptr) {
    wipe(data_, size_);
    std::free(data_);
  }
  data_ = bigger;
  capacity_ = wanted;
  data_[size_] = '\0';
  return true;
}

Text& Text::append(std::string_view bytes) {
  if (!ok_ || bytes.empty()) return *this;
  if (!reserve(size_ + bytes.size())) return *this;
  std::memcpy(data_ + size_, bytes.data(), bytes.size());
  size_ += bytes.size();
  data_[size_] = '\0';
  return *this;
}

Text& Text::append_number(std::int64_t number) {
  char digits[24];
  std::size_t at = sizeof digits;
  std::uint64_t rest =
      number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (number < 0) digits[--at] = '-';
  return append({digits + at, sizeof digits - at});
}

Text& Text::append_hex(const unsigned char* bytes, std::size_t size) {
  constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    append_char(digits[bytes[i] >> 4]);
    append_char(digits[bytes[i] & 15]);
  }
  return *this;
}

bool Text::resize(std::size_t size) {
  if (!ok_ || !reserve(size)) return false;
  if (size > size_) {
    std::memset(data_ + size_, 0, size - size_);
  } else {
    wipe(data_ + size, size_ - size);
  }
  size_ = size;
  data_[size_] = '\0';
  return true;
}

// Behind its end it has always been wiped.
void Text::clear() {
  if (data_ != nullptr) wipe(data_, size_);
  size_ = 0;
}

void Text::release() {
  if (data_ == nullptr) return;
  clear();
  std::free(data_);
  data_ = nullptr;
  capacity_ = 0;
}

}  // namespace pglakebase

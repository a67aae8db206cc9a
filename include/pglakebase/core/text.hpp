#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pglakebase {

/// A growing byte string on malloc, for code that runs inside other people's processes and may use
/// neither the C++ run time nor exceptions.
///
/// The memory is always wiped before it is given back, because any text may hold a token. Running
/// out of memory is remembered (`ok()` turns false and stays so) and later appends do nothing, so
/// that a chain of appends is checked once, at its end. Not safe for use by two threads at once.
class Text {
 public:
  Text() = default;
  explicit Text(std::string_view bytes) { append(bytes); }
  Text(Text&& other) noexcept;
  Text& operator=(Text&& other) noexcept;
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  ~Text() { release(); }

  Text& append(std::string_view bytes);
  Text& append_char(char c) { return append(std::string_view(&c, 1)); }
  Text& append_number(std::int64_t number);
  /// Lower-case hexadecimal digits, two for each byte.
  Text& append_hex(const unsigned char* bytes, std::size_t size);

  void assign(std::string_view bytes) {
    clear();
    append(bytes);
  }
  /// Makes room for `size` bytes in all, so that what is appended need not be moved. False without
  /// memory.
  bool reserve(std::size_t size);
  /// Makes the size `size`; new bytes are zero. False, and nothing changed, without memory.
  bool resize(std::size_t size);
  /// Wipes the content and keeps the memory.
  void clear();
  /// Wipes the content and gives the memory back.
  void release();

  /// How often this thread had no memory for one, or could not read what should stand in it.
  static unsigned shortages() { return t_shortages; }
  static void note_shortage() { ++t_shortages; }

  bool ok() const { return ok_; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  char* data() { return data_; }
  /// Never null, and ends with a NUL that size() does not count.
  const char* c_str() const { return data_ != nullptr ? data_ : ""; }
  std::string_view view() const { return {c_str(), size_}; }

 private:
  static inline thread_local unsigned t_shortages = 0;

  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  bool ok_ = true;
};

/// For work that goes through many texts, and in which nothing may be missing: who a connection is
/// made as, above all.
class MemoryWatch {
 public:
  /// Is some text of this thread not what it should be, since this was made?
  bool ran_out() const { return Text::shortages() != before_; }

 private:
  unsigned before_ = Text::shortages();
};

}  // namespace pglakebase

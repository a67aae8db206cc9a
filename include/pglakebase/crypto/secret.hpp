#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>

namespace pglakebase {

/// A token or password: wiped when it goes, and nothing prints it by accident. Its content comes
/// out by `reveal()` alone, which is easy to search for.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text) {}
  Secret(const Secret&) = default;
  Secret& operator=(const Secret& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  ~Secret() { wipe(); }

  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  void wipe() { ::OPENSSL_cleanse(text_.data(), text_.size()); }

  std::string text_;
};

}  // namespace pglakebase

#include "pglakebase/core/shared_words.hpp"

#include <cstring>

namespace pglakebase {
namespace {

constexpr std::size_t k_word = sizeof(std::uint64_t);

// The last word is filled up with zeros.
std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  const std::size_t left = bytes.size() - at;
  if (left >= k_word) {
    std::memcpy(&word, bytes.data() + at, k_word);
  } else {
    std::memcpy(&word, bytes.data() + at, left);
  }
  return word;
}

}  // namespace

void put_words(SharedWord* words, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += k_word)
    words[at / k_word].store(word_at(bytes, at), std::memory_order_relaxed);
}

bool words_are(const SharedWord* words, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += k_word)
    if (words[at / k_word].load(std::memory_order_relaxed) != word_at(bytes, at)) return false;
  return true;
}

void get_words(const SharedWord* words, char* bytes, std::size_t size) {
  for (; size >= k_word; size -= k_word, bytes += k_word, ++words) {
    const std::uint64_t word = words->load(std::memory_order_relaxed);
    std::memcpy(bytes, &word, k_word);
  }
  const std::uint64_t word = size != 0 ? words->load(std::memory_order_relaxed) : 0;
  std::memcpy(bytes, &word, size);
}

}  // namespace pglakebase

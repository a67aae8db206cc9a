#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pglakebase {

using SharedWord = std::atomic<std::uint64_t>;

void put_words(SharedWord* words, std::string_view bytes);
bool words_are(const SharedWord* words, std::string_view bytes);
void get_words(const SharedWord* words, char* bytes, std::size_t size);

/// Memory that threads write and read in turn, in words that are atomic one by one: the run time of
/// a sanitizer in the host sees what memcpy and memcmp touch, but not the flag of a Turn.
template <std::size_t size>
class SharedWords {
 public:
  static constexpr std::size_t k_bytes = size;

  void put(std::string_view bytes) { put_words(words_, bytes); }
  /// `bytes` are as many as were put.
  bool is(std::string_view bytes) const { return words_are(words_, bytes); }
  /// The first `count` bytes.
  void get(char* bytes, std::size_t count) const { get_words(words_, bytes, count); }

 private:
  static_assert(size % sizeof(SharedWord) == 0);
  SharedWord words_[size / sizeof(SharedWord)] = {};
};

/// Never waited for: whoever does not get it, or is a child of a process that was forked meanwhile,
/// does without.
class Turn {
 public:
  explicit Turn(std::atomic_flag& busy)
      : busy_(busy), mine_(!busy.test_and_set(std::memory_order_acquire)) {}
  ~Turn() {
    if (mine_) busy_.clear(std::memory_order_release);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  bool mine() const { return mine_; }

 private:
  std::atomic_flag& busy_;
  bool mine_;
};

}  // namespace pglakebase

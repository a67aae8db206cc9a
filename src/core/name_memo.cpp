#include "pglakebase/core/name_memo.hpp"

#include <atomic>
#include <cstring>

#include "pglakebase/core/fingerprint.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// In words that are atomic one by one: the run time of a sanitizer in the host sees what memcpy and
// memcmp touch, but not the flag by which they take turns.
template <std::size_t size>
class Shared {
 public:
  static constexpr std::size_t k_bytes = size;

  void put(std::string_view bytes) {
    for (std::size_t i = 0; !bytes.empty(); ++i)
      words_[i].store(take_word(bytes), std::memory_order_relaxed);
  }
  bool is(std::string_view bytes) const {
    for (std::size_t i = 0; !bytes.empty(); ++i)
      if (words_[i].load(std::memory_order_relaxed) != take_word(bytes)) return false;
    return true;
  }
  void get(char* bytes) const {
    for (std::size_t i = 0; i < size / k_word; ++i) {
      const std::uint64_t word = words_[i].load(std::memory_order_relaxed);
      std::memcpy(bytes + i * k_word, &word, k_word);
    }
  }

 private:
  static constexpr std::size_t k_word = sizeof(std::uint64_t);
  static_assert(size % k_word == 0);

  static std::uint64_t take_word(std::string_view& bytes) {
    std::uint64_t word = 0;
    const std::string_view part = slice(bytes, 0, k_word);
    std::memcpy(&word, part.data(), part.size());
    bytes.remove_prefix(part.size());
    return word;
  }

  std::atomic<std::uint64_t> words_[size / k_word] = {};
};

struct Known {
  std::uint64_t key = 0;
  std::size_t size = 0;
  Shared<1000> message;
  Shared<64> name;

  bool is(std::uint64_t other_key, std::string_view other) const {
    return size != 0 && size == other.size() && key == other_key && message.is(other);
  }
};

// A request and the roots of its host, of two services.
constexpr std::size_t k_known = 4;
constinit Known g_known[k_known]{};
constinit std::size_t g_next = 0;
constinit std::atomic_flag g_busy = ATOMIC_FLAG_INIT;

// Never waited for: whoever does not get it, or is a child of a process that was forked meanwhile,
// computes.
class Turn {
 public:
  ~Turn() {
    if (mine_) g_busy.clear(std::memory_order_release);
  }
  bool mine() const { return mine_; }

 private:
  bool mine_ = !g_busy.test_and_set(std::memory_order_acquire);
};

}  // namespace

EntryName remembered_name(const Cache& cache, std::string_view message) {
  const std::uint64_t key = fingerprint(cache.key());
  if (const Turn turn; turn.mine())
    for (const Known& known : g_known)
      if (known.is(key, message)) {
        EntryName name;
        known.name.get(name.hex);
        return name;
      }
  const EntryName name = cache.name(message);
  if (message.size() > decltype(Known::message)::k_bytes) return name;
  if (const Turn turn; turn.mine()) {
    Known& known = g_known[g_next];
    g_next = (g_next + 1) % k_known;
    known.key = key;
    known.size = message.size();
    known.message.put(message);
    known.name.put(name.view());
  }
  return name;
}

}  // namespace pglakebase

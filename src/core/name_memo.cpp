#include "pglakebase/core/name_memo.hpp"

#include <atomic>
#include <cstring>

#include "pglakebase/core/fingerprint.hpp"

namespace pglakebase {
namespace {

struct Known {
  std::uint64_t key;
  std::size_t size;
  char message[1000];
  EntryName name;

  bool is(std::uint64_t other_key, std::string_view other) const {
    return size != 0 && key == other_key && std::string_view(message, size) == other;
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
      if (known.is(key, message)) return known.name;
  const EntryName name = cache.name(message);
  if (message.size() > sizeof Known::message) return name;
  if (const Turn turn; turn.mine()) {
    Known& known = g_known[g_next];
    g_next = (g_next + 1) % k_known;
    known.key = key;
    known.size = message.size();
    std::memcpy(known.message, message.data(), message.size());
    known.name = name;
  }
  return name;
}

}  // namespace pglakebase

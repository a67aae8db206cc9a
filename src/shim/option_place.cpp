#include "option_place.hpp"

#include <atomic>
#include <cstring>
#include <string_view>

#include "arguments.hpp"
#include "ask.hpp"

namespace pglakebase {
namespace {

// PGconn of libpq 10 to 18 has at least 904 bytes (measured).
constexpr std::size_t k_words = 896 / sizeof(void*);
constexpr const char* k_value = "/pglakebase/a";
char k_other_value[] = "/pglakebase/b";

// Where it is in libpq 14 to 18 (measured): looked at first.
std::size_t likely_word(int libpq_version) {
  const int later = libpq_version / 10000 - 15;
  return 192 / sizeof(void*) + static_cast<std::size_t>(later > 0 ? later : 0);
}

// A connection that goes nowhere.
class Donor {
 public:
  explicit Donor(const Libpq& libpq) : libpq_(libpq) {
    const char* const keywords[] = {
        "host", "user", "password", "sslmode", "sslrootcert", stop_keyword(libpq), nullptr};
    const char* const values[] = {"localhost", "pglakebase",       "x",    "verify-full",
                                  k_value,     "pglakebase-donor", nullptr};
    connection_ = libpq.connectStartParams(keywords, values, 0);
  }
  ~Donor() { libpq_.finish(connection_); }
  Donor(const Donor&) = delete;
  Donor& operator=(const Donor&) = delete;

  bool find(std::size_t& word) const {
    if (connection_ == nullptr) return false;
    word = likely_word(libpq_.libVersion());
    if (word < k_words && lies_within(word, word + 1)) return true;
    std::size_t first = 0;
    std::size_t end = k_words;
    if (!lies_within(first, end)) return false;
    while (end - first > 1) {
      const std::size_t middle = first + (end - first) / 2;
      (lies_within(first, middle) ? end : first) = middle;
    }
    word = first;
    return lies_within(word, word + 1);
  }

 private:
  // Is another value told when these words point to it? PQconninfo reads nothing but the strings of
  // the options.
  bool lies_within(std::size_t first, std::size_t end) const {
    void** words = reinterpret_cast<void**>(connection_);
    void* kept[k_words];
    std::memcpy(kept + first, words + first, (end - first) * sizeof *words);
    for (std::size_t i = first; i < end; ++i) words[i] = k_other_value;
    PQconninfoOption* options = libpq_.conninfo(connection_);
    std::memcpy(words + first, kept + first, (end - first) * sizeof *words);
    const bool moved = option_value(options, "sslrootcert") == k_other_value;
    libpq_.conninfoFree(options);
    return moved;
  }

  const Libpq& libpq_;
  PGconn* connection_;
};

// A process has one libpq, seldom two. `finish` tells them apart, the version also one that was
// loaded where another had been.
struct Known {
  std::atomic<void*> libpq;
  std::atomic<int> version;
  std::atomic<std::size_t> word;
};
constexpr std::size_t k_not_there = k_words;
constinit Known g_known[4]{};

void* identity_of(const Libpq& libpq) {
  return reinterpret_cast<void*>(libpq.finish);
}

bool recall_place(const Libpq& libpq, std::size_t& word) {
  for (const Known& known : g_known) {
    if (known.libpq.load(std::memory_order_acquire) != identity_of(libpq) ||
        known.version.load(std::memory_order_relaxed) != libpq.libVersion())
      continue;
    word = known.word.load(std::memory_order_relaxed);
    return true;
  }
  return false;
}

// Without a lock: two threads may both take an entry for the same libpq.
void remember_place(const Libpq& libpq, std::size_t word) {
  for (Known& known : g_known) {
    void* none = nullptr;
    if (!known.libpq.compare_exchange_strong(none, g_known, std::memory_order_acquire)) continue;
    known.version.store(libpq.libVersion(), std::memory_order_relaxed);
    known.word.store(word, std::memory_order_relaxed);
    known.libpq.store(identity_of(libpq), std::memory_order_release);
    return;
  }
}

}  // namespace

bool find_root_place(const Libpq& libpq, std::size_t& offset) {
  std::size_t word = k_not_there;
  if (!recall_place(libpq, word)) {
    if (!Donor(libpq).find(word)) word = k_not_there;
    remember_place(libpq, word);
  }
  offset = word * sizeof(void*);
  return word < k_not_there;
}

bool overwrite_root(PGconn* connection, std::size_t offset, const char* expected,
                    const char* value) {
  char* root = nullptr;
  std::memcpy(&root, reinterpret_cast<const char*>(connection) + offset, sizeof root);
  const std::size_t size = std::strlen(value);
  if (root == nullptr || std::strcmp(root, expected) != 0 || size > std::strlen(expected))
    return false;
  std::memcpy(root, value, size + 1);
  return true;
}

}  // namespace pglakebase

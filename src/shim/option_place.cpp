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
// Where it is in libpq 14 to 18 (measured): looked at first.
constexpr std::size_t k_likely_first = 192 / sizeof(void*);
constexpr std::size_t k_likely_end = 224 / sizeof(void*);
constexpr const char* k_value = "/pglakebase/a";
constexpr const char* k_other_value = "/pglakebase/b";

void** words_of(PGconn* connection) {
  return reinterpret_cast<void**>(connection);
}

PGconn* make_donor(const Libpq& libpq, const char* root) {
  const char* const keywords[] = {
      "host", "user", "password", "sslmode", "sslrootcert", stop_keyword(libpq), nullptr};
  const char* const values[] = {"localhost", "pglakebase",       "x",    "verify-full",
                                root,        "pglakebase-donor", nullptr};
  return libpq.connectStartParams(keywords, values, 0);
}

class Donors {
 public:
  explicit Donors(const Libpq& libpq)
      : libpq_(libpq), one_(make_donor(libpq, k_value)), other_(make_donor(libpq, k_other_value)) {}
  ~Donors() {
    libpq_.finish(one_);
    libpq_.finish(other_);
  }
  Donors(const Donors&) = delete;
  Donors& operator=(const Donors&) = delete;

  bool find(std::size_t& word) const {
    if (one_ == nullptr || other_ == nullptr) return false;
    std::size_t first = k_likely_first;
    std::size_t end = k_likely_end;
    if (!lies_within(first, end)) {
      first = 0;
      end = k_words;
      if (!lies_within(first, end)) return false;
    }
    while (end - first > 1) {
      const std::size_t middle = first + (end - first) / 2;
      (lies_within(first, middle) ? end : first) = middle;
    }
    word = first;
    return lies_within(word, word + 1);
  }

 private:
  bool reports(std::string_view root) const {
    PQconninfoOption* options = libpq_.conninfo(one_);
    const bool same = option_value(options, "sslrootcert") == root;
    libpq_.conninfoFree(options);
    return same;
  }

  // Do the two change values when these words change places? PQconninfo reads nothing but the
  // strings of the options, and both have the same kinds of those.
  bool lies_within(std::size_t first, std::size_t end) const {
    exchange(first, end);
    const bool moved = reports(k_other_value);
    exchange(first, end);
    return moved;
  }

  void exchange(std::size_t first, std::size_t end) const {
    for (std::size_t i = first; i < end; ++i) {
      void* kept = words_of(one_)[i];
      words_of(one_)[i] = words_of(other_)[i];
      words_of(other_)[i] = kept;
    }
  }

  const Libpq& libpq_;
  PGconn* one_;
  PGconn* other_;
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
    if (!Donors(libpq).find(word)) word = k_not_there;
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

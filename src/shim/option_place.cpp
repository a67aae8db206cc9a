#include "option_place.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "arguments.hpp"

namespace pglakebase {
namespace {

// PGconn of libpq 10 to 18 has at least 904 bytes (measured).
constexpr std::size_t k_words = 896 / sizeof(void*);
constexpr char k_value[] = "/pglakebase/a";
constexpr std::string_view k_sslrootcert = "sslrootcert";

// Where it is in libpq 14 to 18 (measured). Those before send no server name, so that we connect
// with none of them.
std::size_t likely_word(int libpq_version) {
  if (libpq_version < 140000) return k_words;
  const int later = libpq_version / 10000 - 15;
  return 192 / sizeof(void*) + static_cast<std::size_t>(later > 0 ? later : 0);
}

// Is our value told when these words point to it? PQconninfo reads nothing but the strings of the
// options.
bool lies_within(const Libpq& libpq, PGconn* connection, std::size_t first, std::size_t end) {
  void** words = reinterpret_cast<void**>(connection);
  void* kept[k_words];
  const std::size_t size = (end - first) * sizeof *words;
  std::memcpy(kept, words + first, size);
  for (std::size_t i = first; i < end; ++i) words[i] = const_cast<char*>(k_value);
  PQconninfoOption* options = libpq.conninfo(connection);
  std::memcpy(words + first, kept, size);
  const bool told = option_value(options, k_sslrootcert) == k_value;
  libpq.conninfoFree(options);
  return told;
}

bool search(const Libpq& libpq, PGconn* connection, std::size_t& word) {
  std::size_t first = 0;
  std::size_t end = k_words;
  if (!lies_within(libpq, connection, first, end)) return false;
  while (end - first > 1) {
    const std::size_t middle = first + (end - first) / 2;
    (lies_within(libpq, connection, first, middle) ? end : first) = middle;
  }
  word = first;
  return lies_within(libpq, connection, word, word + 1);
}

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

LikelyRootPlace::LikelyRootPlace(const Libpq& libpq, PGconn* idle) : libpq_(libpq) {
  const std::size_t likely = likely_word(libpq.libVersion());
  std::size_t known = 0;
  if (likely >= k_words || recall_place(libpq, known)) return;
  // Nobody can have given the same one as his own.
  const auto address = reinterpret_cast<std::uintptr_t>(idle);
  value_.append("/pglakebase/")
      .append_hex(reinterpret_cast<const unsigned char*>(&address), sizeof address);
  if (!value_.ok()) return;
  place_ = reinterpret_cast<const char**>(idle) + likely;
  root_ = std::exchange(*place_, value_.c_str());
}

LikelyRootPlace::~LikelyRootPlace() {
  if (place_ != nullptr) *place_ = root_;
}

bool LikelyRootPlace::confirmed_by(const PQconninfoOption* options) const {
  if (option_value(options, k_sslrootcert) != value_.view()) return false;
  remember_place(libpq_, likely_word(libpq_.libVersion()));
  return true;
}

void find_root_place(const Libpq& libpq, PGconn* idle) {
  std::size_t word = k_not_there;
  if (recall_place(libpq, word)) return;
  if (!search(libpq, idle, word)) word = k_not_there;
  remember_place(libpq, word);
}

bool root_place(const Libpq& libpq, std::size_t& offset) {
  std::size_t word = k_not_there;
  if (!recall_place(libpq, word)) return false;
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

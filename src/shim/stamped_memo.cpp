#include "stamped_memo.hpp"

#include <sys/mman.h>

#include <atomic>
#include <cstring>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/file_state.hpp"
#include "pglakebase/core/fingerprint.hpp"
#include "pglakebase/core/shared_words.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_longest_ms = 10'000;
// The coarsest clock of a file system in use.
constexpr std::int64_t k_settled_ms = 2'000;

struct Slot {
  std::size_t key_size = 0;  // 0: empty
  std::size_t value_size = 0;
  std::size_t size = 0;     // of the value and its files
  std::uint64_t files = 0;  // fingerprint
  std::int64_t kept_ms = 0;
  bool confirmed = false;
  SharedWords<16 * 1024> key;
  SharedWords<8 * 1024> value;  // and behind it the files

  bool is(std::string_view other) const { return key_size == other.size() && key.is(other); }
};

constexpr std::size_t k_slots = 5;
struct Memo {
  Slot slots[k_slots];
  std::size_t next = 0;
};

constinit std::atomic_flag g_busy = ATOMIC_FLAG_INIT;
// Made when something is first kept, which most processes never do, and there for good. Whoever has
// the turn may use it.
constinit Memo* g_memo = nullptr;

// Zeros are an empty one, and a page of it is memory only when it is used.
bool make_memo() {
  if (g_memo != nullptr) return true;
  void* memory =
      ::mmap(nullptr, sizeof(Memo), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) g_memo = static_cast<Memo*>(memory);
  return g_memo != nullptr;
}

Slot* find_slot(std::string_view key) {
  if (g_memo == nullptr) return nullptr;
  for (Slot& slot : g_memo->slots)
    if (slot.is(key)) return &slot;
  return nullptr;
}

// Each stands before its path and a NUL.
bool unchanged(std::string_view files) {
  while (!files.empty()) {
    const char* path = files.data() + sizeof(FileState);
    const FileState now = FileState::of(path);
    if (std::memcmp(files.data(), &now, sizeof now) != 0) return false;
    files.remove_prefix(sizeof now + std::strlen(path) + 1);
  }
  return true;
}

}  // namespace

Stamps::Stamps() : now_ms_(wall_clock_ms()) {}

void Stamps::add(std::string_view path, std::string_view name) {
  if (path.empty()) return;
  Text whole(path);
  whole.append(name).append_char('\0');
  const FileState state = FileState::of(whole.c_str());
  settled_ = settled_ && whole.ok() &&
             (state.present == 0 || state.changed_s * 1000 < now_ms_ - k_settled_ms);
  files_.append({reinterpret_cast<const char*>(&state), sizeof state}).append(whole.view());
}

void Stamps::add_lines(std::string_view lines) {
  settled_ = settled_ && files_unchanged(lines);
  std::string_view line;
  while (take_until(lines, '\n', line)) add(slice(line, line.find(' ') + 1));
}

bool recall_value(std::string_view key, Text& value) {
  Text whole;
  std::size_t value_size = 0;
  {
    const Turn turn(g_busy);
    const Slot* slot = turn.mine() && !key.empty() ? find_slot(key) : nullptr;
    if (slot == nullptr || !slot->confirmed) return false;
    const std::int64_t age_ms = wall_clock_ms() - slot->kept_ms;
    if (age_ms < 0 || age_ms > k_longest_ms || !whole.resize(slot->size)) return false;
    slot->value.get(whole.data(), slot->size);
    value_size = slot->value_size;
  }
  if (!unchanged(slice(whole.view(), value_size)) || !whole.resize(value_size)) return false;
  value = static_cast<Text&&>(whole);
  return true;
}

void keep_value(std::string_view key, const Stamps& stamps, std::string_view value) {
  Text whole(value);
  whole.append(stamps.files());
  if (key.empty() || key.size() > decltype(Slot::key)::k_bytes || !stamps.settled() ||
      !whole.ok() || whole.size() > decltype(Slot::value)::k_bytes)
    return;
  const std::uint64_t files = fingerprint(stamps.files());
  const Turn turn(g_busy);
  if (!turn.mine() || !make_memo()) return;
  Slot* slot = find_slot(key);
  const bool again = slot != nullptr && slot->files == files;
  if (slot == nullptr) {
    slot = &g_memo->slots[g_memo->next];
    g_memo->next = (g_memo->next + 1) % k_slots;
    slot->key_size = key.size();
    slot->key.put(key);
  }
  slot->confirmed = again;
  slot->files = files;
  slot->value_size = value.size();
  slot->size = whole.size();
  slot->kept_ms = wall_clock_ms();
  slot->value.put(whole.view());
}

}  // namespace pglakebase

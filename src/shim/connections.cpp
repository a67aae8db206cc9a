#include "connections.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace pglakebase {
namespace {

struct Slot {
  std::atomic<const PGconn*> connection;
  Remembered* remembered;
};

// Blocks are added when all are full and never given back, so that readers need no lock.
constexpr std::size_t k_slots = 64;
struct Block {
  Slot slots[k_slots];
  std::atomic<Block*> next;
};

constinit Block g_first{};

// Stands in a slot that is being filled.
const PGconn* busy() {
  return reinterpret_cast<const PGconn*>(&g_first);
}

std::size_t start_of(const PGconn* connection) {
  const auto address = reinterpret_cast<std::uintptr_t>(connection);
  return (address >> 4 ^ address >> 12) % k_slots;
}

Slot* find(const PGconn* connection) {
  const std::size_t start = start_of(connection);
  for (Block* block = &g_first; block != nullptr;
       block = block->next.load(std::memory_order_acquire)) {
    for (std::size_t i = 0; i < k_slots; ++i) {
      Slot& slot = block->slots[(start + i) % k_slots];
      if (slot.connection.load(std::memory_order_acquire) == connection) return &slot;
    }
  }
  return nullptr;
}

Slot* take_free(const PGconn* connection) {
  const std::size_t start = start_of(connection);
  for (Block* block = &g_first;;) {
    for (std::size_t i = 0; i < k_slots; ++i) {
      Slot& slot = block->slots[(start + i) % k_slots];
      const PGconn* none = nullptr;
      if (slot.connection.compare_exchange_strong(none, busy(), std::memory_order_acquire))
        return &slot;
    }
    Block* next = block->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      void* memory = std::calloc(1, sizeof(Block));
      if (memory == nullptr) return nullptr;
      Block* fresh = new (memory) Block{};
      if (block->next.compare_exchange_strong(next, fresh, std::memory_order_acq_rel)) {
        next = fresh;
      } else {
        std::free(memory);
      }
    }
    block = next;
  }
}

std::atomic<std::size_t> g_count{0};

}  // namespace

Remembered* remember(PGconn* connection, Remembered&& remembered) {
  if (connection == nullptr) return nullptr;
  forget(connection);
  void* memory = std::malloc(sizeof(Remembered));
  Slot* slot = memory != nullptr ? take_free(connection) : nullptr;
  if (slot == nullptr) {
    std::free(memory);
    return nullptr;
  }
  slot->remembered = new (memory) Remembered(static_cast<Remembered&&>(remembered));
  slot->connection.store(connection, std::memory_order_release);
  g_count.fetch_add(1, std::memory_order_relaxed);
  return slot->remembered;
}

Remembered* recall(const PGconn* connection) {
  if (connection == nullptr || g_count.load(std::memory_order_relaxed) == 0) return nullptr;
  const Slot* slot = find(connection);
  return slot != nullptr ? slot->remembered : nullptr;
}

void forget(const PGconn* connection) {
  if (connection == nullptr || g_count.load(std::memory_order_relaxed) == 0) return;
  Slot* slot = find(connection);
  if (slot == nullptr) return;
  Remembered* remembered = slot->remembered;
  slot->remembered = nullptr;
  slot->connection.store(nullptr, std::memory_order_release);
  g_count.fetch_sub(1, std::memory_order_relaxed);
  remembered->~Remembered();
  std::free(remembered);
}

}  // namespace pglakebase

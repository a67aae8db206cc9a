#pragma once

#include <cstdint>

namespace pglakebase {

/// Time as the network code sees it; tests bring their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t wall_ms() = 0;        ///< since 1970-01-01 UTC
  virtual std::int64_t monotonic_ms() = 0;   ///< what deadlines are counted with
  virtual std::int64_t since_boot_ms() = 0;  ///< what nobody sets, and goes on during suspend
  virtual void sleep_ms(std::int64_t milliseconds) = 0;
  virtual unsigned random_permille() = 0;  ///< 0 to 1000, for jitter
};

class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() override;
  std::int64_t monotonic_ms() override;
  std::int64_t since_boot_ms() override;
  void sleep_ms(std::int64_t milliseconds) override;
  unsigned random_permille() override;
};

}  // namespace pglakebase

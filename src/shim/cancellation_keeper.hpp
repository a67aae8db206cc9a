#pragma once

#include <pthread.h>

namespace pglakebase {

/// Keeps a cancellation of this thread (pthread_cancel) pending while it lives: files opened on the
/// side would stay open, and a note in the cache would tell others to wait for nobody. libpq's own
/// calls go without it, so that a program can cancel a connect as ever.
class CancellationKeeper {
 public:
  CancellationKeeper() { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~CancellationKeeper() { ::pthread_setcancelstate(before_, nullptr); }
  CancellationKeeper(const CancellationKeeper&) = delete;
  CancellationKeeper& operator=(const CancellationKeeper&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

}  // namespace pglakebase

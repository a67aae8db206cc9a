#pragma once

#include <thread>

namespace pglakebase {

/// OpenSSL finds its algorithms when they are first asked for, which takes longer than the handshake
/// that wants them. While one thread makes a connection ready, this looks up in another what its
/// handshake will ask for; on one core nothing is lost. Waits for its end when destroyed.
class TlsWarmUp {
 public:
  TlsWarmUp();
  ~TlsWarmUp();
  TlsWarmUp(const TlsWarmUp&) = delete;
  TlsWarmUp& operator=(const TlsWarmUp&) = delete;

 private:
  std::thread thread_;
};

}  // namespace pglakebase

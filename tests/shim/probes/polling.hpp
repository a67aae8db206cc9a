#pragma once

#include <libpq-fe.h>
#include <poll.h>

#include "report.hpp"

using Poll = PostgresPollingStatusType (*)(PGconn*);

/// Drives a connection that was started, as an event loop would; reports if it stands still.
inline void poll_until_done(PGconn* connection, Poll function) {
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state != PGRES_POLLING_OK && state != PGRES_POLLING_FAILED) {
    pollfd waiting{PQsocket(connection),
                   static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (::poll(&waiting, 1, 20'000) <= 0) {
      report("poll", "nothing happened");
      return;
    }
    state = function(connection);
  }
}

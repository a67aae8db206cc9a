#pragma once

#include <libpq-fe.h>

#include <functional>
#include <map>
#include <string>

/// What the hosts share: programs that are hard on a library, each with several situations by name.
namespace host {

/// One connection, opened and (unless kept) closed again.
struct Connected {
  bool ok = false;
  long milliseconds = 0;
  std::string error;
  PGconn* kept = nullptr;
};
Connected connect(const char* conninfo, bool keep = false);

/// As name_status, name_error and name_ms.
void report_connected(const std::string& name, const Connected& connected);

/// Milliseconds on a clock that nobody sets.
long now_ms();

/// Children of this process that nobody has reaped, hidden ones included.
int zombies();
/// Is there a child that waitpid(-1) would see, running or not?
bool visible_child();

/// Counts the SIGCHLDs from now on.
void count_sigchld(int flags);
int sigchld_count();

/// `argv`: the situation, a conninfo string, and what the situation wants beside. Exit codes: 2 for
/// an unknown one.
using Situation = std::function<int(const char* conninfo, int argc, char** argv)>;
int run(int argc, char** argv, const std::map<std::string, Situation>& situations);

}  // namespace host

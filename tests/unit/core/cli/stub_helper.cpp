// A helper that does what its document says: either a command line of the tests of run_helper(), or
// a request whose profile names the behaviour.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/core/key_value.hpp"

namespace pglakebase {
namespace {

void say(std::string_view text) {
  write_all(STDOUT_FILENO, text);
}

// One byte a run, so that tests can count.
void count_run(const std::string& file) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  write_all(fd.get(), "x");
}

std::string value_of(std::string_view document, std::string_view key) {
  Field field;
  while (next_field(document, field)) {
    if (field.key != key) continue;
    Text value;
    append_decoded(value, field.encoded);
    return std::string(value.view());
  }
  return {};
}

// The lines that make the name: all up to the first that is no part of it.
std::string_view selecting_of(std::string_view document) {
  document.remove_prefix(document.find('\n') + 1);
  std::size_t size = 0;
  for (std::string_view rest = document; !rest.empty();) {
    if (rest.starts_with("secret.") || rest.starts_with("network.") || rest.starts_with("option."))
      break;
    const std::size_t line = rest.find('\n') + 1;
    rest.remove_prefix(line);
    size += line;
  }
  return document.substr(0, size);
}

int fetch(std::string_view document) {
  const std::string behaviour = value_of(document, "directive.profile");
  const Cache cache = Cache::open_at(value_of(document, "option.cache"));
  const std::string_view selecting = selecting_of(document);
  const EntryName name = cache.name(selecting);
  if (cache.valid()) count_run(std::string(cache.path()) + "-runs");
  if (behaviour == "nothing") return 0;
  if (behaviour == "killed") return ::raise(SIGKILL);
  if (behaviour == "garbage") {
    say("<html>not what you want</html>\n");
    return 0;
  }
  if (behaviour == "hang") ::sleep(20);
  if (behaviour == "slow") sleep_ms(400);
  if (behaviour == "final" || behaviour == "passing") {
    Failure failure;
    failure.sentence.assign("The stub says no.");
    failure.permanent = behaviour == "final";
    failure.seen_ms = wall_clock_ms();
    failure.not_before_ms = failure.seen_ms + 5000;
    failure.material.assign(value_of(document, "option.material"));
    failure.network.assign(value_of(document, "option.network"));
    Text record;
    failure.append_record(record);
    cache.write(k_kind_failure, name, record.view());
    cache.remove(k_kind_fetching, name);
    say(record.view());
    return 1;
  }

  const FileLock lock = FileLock::acquire(cache, name, monotonic_ms() + 10'000);
  Resolution resolution;
  resolution.selecting.assign(selecting);
  resolution.identity.assign(name.view());
  Credential credential;
  credential.token.assign("fetched-token-");
  credential.token.append_number(::getpid());
  credential.identity.assign(name.view());
  credential.user.assign("fetched-user");
  credential.issued_ms = wall_clock_ms();
  credential.expires_ms = credential.issued_ms + 3'600'000;
  Text record;
  resolution.append_record(record);
  cache.write(k_kind_request, name, record.view());
  record.clear();
  credential.append_record(record);
  cache.write(k_kind_credential, name, record.view());
  cache.remove(k_kind_fetching, name);
  say(record.view());
  return 0;
}

void list_descriptors() {
  DIR* directory = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.' || std::atoi(entry->d_name) == ::dirfd(directory)) continue;
    say(std::string(entry->d_name) + "\n");
  }
  ::closedir(directory);
}

void list_signals() {
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN)
      say("ignored: " + std::to_string(signal) + "\n");
  }
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int signal = 1; signal < 32; ++signal)
    if (::sigismember(&blocked, signal) == 1) say("blocked: " + std::to_string(signal) + "\n");
  say("checked\n");
}

int run_command(std::string_view document, char** environment) {
  const std::string line(document.substr(0, document.find('\n')));
  const std::string command = line.substr(0, line.find(' '));
  const std::string argument =
      line.find(' ') == std::string::npos ? "" : line.substr(line.find(' ') + 1);
  if (command == "echo") {
    say(document);
  } else if (command == "big") {
    say(std::string(std::stoul(argument), 'b'));
  } else if (command == "env") {
    for (; *environment != nullptr; ++environment) say(std::string(*environment) + "\n");
  } else if (command == "fds") {
    list_descriptors();
  } else if (command == "signals") {
    list_signals();
  } else if (command == "ids") {
    say(::getsid(0) == ::getppid() ? "own session\n" : "host's session\n");
  } else if (command == "stderr") {
    write_all(STDERR_FILENO, "must be seen by nobody\n");
  } else if (command == "sleep") {
    sleep_ms(std::stol(argument));
    say("slept\n");
  } else if (command == "touch") {
    sleep_ms(100);
    count_run(argument);
  } else if (command == "exit") {
    return std::stoi(argument);
  }
  return 0;
}

int run(char** environment) {
  Text document;
  if (!read_all(STDIN_FILENO, 1024 * 1024, document)) return 2;
  if (document.view().starts_with("pglakebase-request=1\n")) return fetch(document.view());
  return run_command(document.view(), environment);
}

}  // namespace
}  // namespace pglakebase

int main(int, char**, char** environment) {
  return pglakebase::run(environment);
}

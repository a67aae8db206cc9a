// pglakebase-fetch: reads a request on standard input, signs in, stores the credential in the cache
// and writes it, or why there is none, to standard output (docs/PROTOCOL.md). Not for people:
// "pglakebase token" is.
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "pglakebase/auth/check_hosts.hpp"
#include "pglakebase/auth/client_key_password.hpp"
#include "pglakebase/auth/fetch.hpp"
#include "pglakebase/auth/learn_roots.hpp"
#include "pglakebase/auth/paced_http.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/config/request_document.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/learned_roots.hpp"
#include "pglakebase/net/curl_http.hpp"
#include "pglakebase/net/retrying_http.hpp"
#include "private_process.hpp"

#if defined(__SANITIZE_ADDRESS__)
// The leak checker traces its own process, which nobody may do with this one.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0";
}
#endif

namespace pglakebase {
namespace {

enum Exit { k_done = 0, k_failure = 1, k_broken_request = 2 };

constexpr std::int64_t k_reading_ms = 10'000;
constexpr std::int64_t k_learning_ms = 60'000;

// The request says how servers are reached; a variable of ours would be another answer. Set here,
// they stand in memory only and not in /proc/<pid>/environ: a proxy's password may be in them.
void apply_network(const RequestDocument& request) {
  for (const Input& input : inputs()) {
    if (input.input_class != InputClass::network) continue;
    char buffer[64];
    std::string_view variable;
    for (std::size_t n = 0; input_variable(input, n, buffer, variable); ++n)
      ::unsetenv(std::string(variable).c_str());
  }
  for (const auto& [name, value] : request.network) ::setenv(name.c_str(), value.c_str(), 1);
}

std::string variable(const char* name) {
  const char* value = environment(name);
  return value != nullptr ? value : "";
}

// A directive goes before the variable of the same setting.
std::string network_setting(const RequestDocument& request, std::string_view name) {
  for (const auto& [given, value] : request.network)
    if (given == name) return value;
  const Input* input = find_input(name);
  char buffer[64];
  std::string_view own;
  if (input == nullptr || !input_variable(*input, 0, buffer, own)) return {};
  return variable(std::string(own).c_str());
}

// Work ends before the process does, so that the reason is still told.
std::int64_t working_time_ms(const RequestDocument& request) {
  return request.deadline_ms - std::min<std::int64_t>(request.deadline_ms / 10, 500);
}

int refuse(const std::string& sentence) {
  Failure failure;
  failure.sentence.assign(sentence);
  failure.permanent = true;
  Text reply;
  failure.append_record(reply);
  write_all(STDOUT_FILENO, reply.view());
  return k_broken_request;
}

int serve(const RequestDocument& request, std::int64_t started_ms, std::int64_t begun_ms) {
  if (request.uid != static_cast<std::int64_t>(::geteuid()))
    return refuse(
        "pglakebase-fetch runs as another user than the program that asks; let both run "
        "as the same user");
  end_process_after(request.deadline_ms);
  const std::int64_t deadline_ms = begun_ms + working_time_ms(request);
  apply_network(request);
  const Cache cache = Cache::open_at(request.cache_path);
  SystemClock clock;
  CurlHttp curl(choose_trust(variable("SSL_CERT_FILE"), variable("SSL_CERT_DIR")),
                {network_setting(request, "client_certificate_file"),
                 network_setting(request, "client_key_file"),
                 {}});
  PacedHttp paced(curl, clock, cache, request.network_digest, deadline_ms);
  RetryingHttp http(paced, clock, deadline_ms);
  curl.use_key_password(client_key_password(request, cache, http, clock, deadline_ms).reveal());
  Text reply;
  const FetchContext context{request, cache, http, clock, started_ms, deadline_ms};
  const bool done = request.check_hosts ? check_hosts(context, reply) : fetch(context, reply);
  const bool told = reply.ok() && write_all(STDOUT_FILENO, reply.view());
  // Somebody waits for the end, and the kernel tidies up sooner than libraries do.
  ::_exit(done && told ? k_done : k_failure);
}

// Nobody waits for this, nor hears of it.
int learn(const Record& request, std::int64_t begun_ms) {
  if (request.number("uid", -1) != static_cast<std::int64_t>(::geteuid())) return k_broken_request;
  end_process_after(k_learning_ms);
  return learn_roots(request, begun_ms + k_learning_ms / 2) ? k_done : k_failure;
}

int run() {
  const std::int64_t started_ms = wall_clock_ms();
  const std::int64_t begun_ms = monotonic_ms();
  make_process_private();
  end_process_after(k_reading_ms);
  try {
    Text text;
    if (!read_all(STDIN_FILENO, k_request_document_limit, text))
      return refuse(
          "pglakebase-fetch was given a request that is too long or cannot be read; set "
          "fewer or shorter settings");
    if (Record record; record.parse(text.view(), k_kind_learn)) return learn(record, begun_ms);
    return serve(RequestDocument::parse(text.view()), started_ms, begun_ms);
  } catch (const ConfigError& error) {
    return refuse(error.what());
  } catch (const std::exception&) {
    return refuse("pglakebase-fetch ran out of memory; check the limits of this process");
  }
}

}  // namespace
}  // namespace pglakebase

int main() {
  return pglakebase::run();
}

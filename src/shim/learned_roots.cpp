#include "learned_roots.hpp"

#include <unistd.h>

#include <cstring>

#include "option_place.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/helper_process.hpp"
#include "pglakebase/core/learned_roots.hpp"
#include "pglakebase/core/locate.hpp"
#include "pglakebase/core/log.hpp"

namespace pglakebase {
namespace {

// OpenSSL's words, which are in English always; or libpq's about the file, which name it (somebody
// else has just found it wrong, and taken it away).
bool blames_roots(const char* message, const char* file) {
  return message != nullptr && (std::strstr(message, "certificate verify failed") != nullptr ||
                                std::strstr(message, file) != nullptr);
}

}  // namespace

void choose_roots(const Libpq& libpq, const Cache& cache, std::string_view hosts,
                  ChosenRoots& roots) {
  if (roots.bundle.empty()) return;
  const LearnedRoots learned(
      cache, {hosts, roots.hostaddrs.view(), roots.ports.view(), roots.bundle.view()});
  if (!learned.worthwhile()) return;
  Text file;
  std::size_t place = 0;
  if (!learned.find(file, wall_clock_ms())) {
    roots.unknown = true;
  } else if (file.size() >= roots.bundle.size() && root_place(libpq, place)) {
    roots.learned = static_cast<Text&&>(file);
  }
}

bool use_bundle_again(const Libpq& libpq, PGconn* connection, const Login& login,
                      RootsInUse& roots) {
  if (!roots.learned) return false;
  roots.learned = false;
  std::size_t place = 0;
  return root_place(libpq, place) &&
         overwrite_root(connection, place, login.c_str(Login::learned_roots),
                        login.c_str(Login::bundle));
}

bool failed_for_learned_roots(const Libpq& libpq, PGconn* connection, const Login& login,
                              RootsInUse& roots) {
  if (!roots.learned) return false;
  const bool restored = use_bundle_again(libpq, connection, login, roots);
  const char* file = login.c_str(Login::learned_roots);
  const bool failed = libpq.status(connection) == CONNECTION_BAD &&
                      blames_roots(libpq.errorMessage(connection), file);
  if (failed) {
    log_line("the server is not vouched for by the root that was learned; trying all roots",
             login.get(Login::bundle));
    ::unlink(file);
    roots.unknown = true;
  }
  return failed && restored;
}

void have_roots_learned(const Login& login, RootsInUse& roots) {
  if (!roots.unknown) return;
  roots.unknown = false;
  const Cache cache = Cache::open();
  const RootsTarget target{login.get(Login::hosts), login.get(Login::hostaddrs),
                           login.get(Login::ports), login.get(Login::bundle)};
  const LearnedRoots learned(cache, target);
  Text helper;
  if (!learned.claim(wall_clock_ms())) return;
  Text request;
  append_learn_request(request, cache, target);
  Text reply;
  if (!request.ok() || !locate_helper(helper) ||
      run_helper(helper.c_str(), request.view(), 0, reply) == HelperEnd::not_started)
    learned.give_up_claim();
}

}  // namespace pglakebase

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "pglakebase/cli/cache_entries.hpp"
#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/commands.hpp"
#include "pglakebase/cli/output.hpp"
#include "pglakebase/cli/target.hpp"
#include "pglakebase/core/cache_listing.hpp"
#include "pglakebase/core/host_check.hpp"

namespace pglakebase {
namespace {

struct Options {
  std::string wanted;
  bool all = false;
};

bool remove_file(const Cache& cache, std::string_view kind, const EntryName& name) {
  const std::string file = std::string(kind) + "-" + std::string(name.view());
  return ::unlinkat(cache.fd(), file.c_str(), 0) == 0;
}

std::string counted(std::size_t number, const char* noun) {
  return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

// The key and the lock files are no entries and stay: a process may hold a lock, and the next would
// lock another file.
int forget_all(const Cache& cache) {
  std::size_t credentials = 0;
  std::size_t others = 0;
  CacheListing listing(cache);
  Text kind;
  EntryName name;
  while (listing.next(kind, name)) {
    if (!remove_file(cache, kind.view(), name)) continue;
    ++(kind.view() == k_kind_credential ? credentials : others);
  }
  if (credentials + others == 0) {
    print("Nothing was remembered.\n");
  } else {
    print("Forgot " + counted(credentials, "credential") + " and " +
          counted(others, "other record") + ".\n");
  }
  return k_exit_ok;
}

std::string said(bool credential, bool resolution, bool failure) {
  std::string text;
  const auto add = [&text](bool removed, const char* what) {
    if (removed) text += (text.empty() ? "" : ", ") + std::string(what);
  };
  add(credential, "its credential");
  add(resolution, "its identity");
  add(failure, "its last failure");
  return text;
}

// The request as it is made now; of a host, also those made with other settings.
int forget_one(const Cache& cache, const std::string& wanted) {
  const Target target = find_target(wanted);
  const Request request = target.request(cache);
  bool credential = false;
  bool resolution = false;
  bool failure = false;
  for (const CacheEntry& entry : cache_entries(cache)) {
    const bool meant = entry.request.view() == request.name().view() ||
                       (!target.by_service && entry.names_host(target.hosts.view()));
    if (!meant) continue;
    if (!entry.identity.empty()) {
      EntryName identity;
      entry.identity.copy(identity.hex, 64);
      credential |= remove_file(cache, k_kind_credential, identity);
    }
    resolution |= remove_file(cache, k_kind_request, entry.request);
    failure |= remove_file(cache, k_kind_failure, entry.request);
    remove_file(cache, k_kind_hosts, entry.request);
  }
  const std::string what = said(credential, resolution, failure);
  const std::string subject = printable(target.shown());
  print(what.empty() ? "Nothing was remembered for " + subject + ".\n"
                     : "Forgot " + subject + ": " + what + ".\n");
  return k_exit_ok;
}

int forget(const Options& options) {
  if (options.all && !options.wanted.empty())
    throw CommandError(k_exit_usage, "--all and a service exclude each other; give one of them");
  const Cache cache = Cache::open();
  return options.all ? forget_all(cache) : forget_one(cache, options.wanted);
}

}  // namespace

void add_forget(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("forget", "Remove a cached credential, so that the next is a new one.");
  auto options = std::make_shared<Options>();
  command
      ->add_option("service", options->wanted,
                   "A section of the service file, or a Lakebase host; as for token")
      ->type_name("SERVICE|HOST");
  command->add_flag("--all", options->all,
                    "Remove everything that is cached, workspace tokens too");
  command->footer(
      "What was handed out stays valid until it expires: this removes the copy in the cache.\n\n"
      "Examples:\n"
      "  pglakebase forget orders\n"
      "  pglakebase forget --all");
  command->callback([&action, options] { action = [options] { return forget(*options); }; });
}

}  // namespace pglakebase

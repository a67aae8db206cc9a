#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/commands.hpp"
#include "pglakebase/cli/credential_format.hpp"
#include "pglakebase/cli/output.hpp"
#include "pglakebase/cli/sign_in.hpp"
#include "pglakebase/cli/target.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/obtain.hpp"

namespace pglakebase {
namespace {

using Append = void (*)(Text& out, const ShownCredential& credential);

struct Options {
  std::string wanted;
  std::string format = "raw";
  std::int64_t min_life = 0;
  std::int64_t timeout = 30;
  bool force = false;
};

void append_json_now(Text& out, const ShownCredential& credential) {
  append_json(out, credential, wall_clock_ms());
}

Append format_named(const std::string& name) {
  if (name == "json") return append_json_now;
  if (name == "pgpass") return append_pgpass;
  if (name == "uri") return append_uri;
  return append_raw;
}

CLI::Validator seconds(std::int64_t least, std::int64_t most) {
  return CLI::Range(least, most).description("");
}

int show_token(const Options& options) {
  forbid_core_dumps();
  const Target target = find_target(options.wanted);
  const std::string given_user = target.user();

  const Cache cache = Cache::open();
  const Request request = target.request(cache);
  ObtainOptions wish;
  wish.deadline_ms = monotonic_ms() + options.timeout * 1000;
  wish.min_life_ms = options.min_life * 1000;
  if (options.force) {
    wish.issued_after_ms = wall_clock_ms() - 1;
    wish.despite_failure = true;
  }
  wish.need_user = options.format != "raw" && given_user.empty();
  const Obtained obtained = obtain(cache, request, wish);
  if (!obtained.ok) {
    complain(obtained.failure.sentence.view());
    return exit_code(obtained.failure);
  }
  const std::int64_t life = (obtained.credential.expires_ms - wall_clock_ms()) / 1000;
  if (life < options.min_life)
    throw CommandError(k_exit_failed, "the credential lives " + std::to_string(life) +
                                          " more seconds and no longer one is given out; ask for "
                                          "a smaller --min-life");

  const std::string ports = target.ports();
  const std::string dbname = target.dbname();
  ShownCredential shown;
  shown.token = obtained.credential.token.view();
  shown.user = given_user.empty() ? obtained.credential.user.view() : given_user;
  shown.hosts = target.hosts.view();
  shown.ports = ports;
  shown.dbname = dbname;
  shown.expires_ms = obtained.credential.expires_ms;
  Text out;
  format_named(options.format)(out, shown);
  if (!out.ok()) throw CommandError(k_exit_failed, "there is not enough memory");
  print(out.view());
  return k_exit_ok;
}

}  // namespace

void add_token(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("token", "Print a database credential.");
  auto options = std::make_shared<Options>();
  command
      ->add_option("service", options->wanted, "A section of the service file, or a Lakebase host")
      ->type_name("SERVICE|HOST");
  command->add_option("--format", options->format, "raw (the default), json, pgpass or uri")
      ->check(CLI::IsMember({"raw", "json", "pgpass", "uri"}).description(""))
      ->type_name("FORMAT");
  command
      ->add_option("--min-life", options->min_life,
                   "How long the credential must be good for at least")
      ->check(seconds(0, 86'400))
      ->type_name("SECONDS");
  command->add_flag("--force", options->force, "Get a new one, whatever is cached");
  command->add_option("--timeout", options->timeout, "How long to wait at most; 30 if not given")
      ->check(seconds(1, 600))
      ->type_name("SECONDS");
  command->footer(
      "Without SERVICE or HOST: PGSERVICE, else PGHOST if it is a Lakebase host, else the only\n"
      "service with directives.\n\n"
      "Examples:\n"
      "  pglakebase token orders\n"
      "  pglakebase token orders --format json | jq -r .expires_at\n"
      "  pglakebase token orders --format pgpass > ~/.pgpass.orders\n\n"
      "Whoever reads the output can log in until the credential expires.");
  command->callback([&action, options] { action = [options] { return show_token(*options); }; });
}

}  // namespace pglakebase

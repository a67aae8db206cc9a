#include <CLI/CLI.hpp>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/command_line.hpp"
#include "pglakebase/cli/commands.hpp"
#include "pglakebase/cli/output.hpp"
#include "pglakebase_config.h"

namespace pglakebase {
namespace {

// In the order of --help, after `run`.
constexpr void (*k_commands[])(CLI::App&, Action&) = {add_token, add_status, add_forget, add_env};

constexpr const char* k_footer =
    "Examples:\n"
    "  pglakebase run -- psql service=orders     log in to the service \"orders\"\n"
    "  pglakebase token orders --format json     a credential for another program\n"
    "  pglakebase status                         what is cached, and for how long\n"
    "  eval \"$(pglakebase env)\"                  preload for the rest of this shell\n\n"
    "Services stand in ~/.pg_service.conf; settings of ours stand there as comments, such as\n"
    "  #lakebase: profile=PROD\n\n"
    "Exit codes: 0 done; 1 failed; 2 wrong usage; 3 no such service, or settings that cannot be\n"
    "used; 4 signing in was refused for good; 5 signing in failed for now, try again; `run` ends\n"
    "as its program does, with 126 if it cannot be executed and 127 if it is not found.\n\n"
    "\"pglakebase COMMAND --help\" explains a command; pglakebase(1) has everything.";

int usage_error(const CLI::App& app, const std::string& what) {
  const auto chosen = app.get_subcommands();
  const std::string name = chosen.empty() ? "" : " " + chosen.back()->get_name();
  complain(what + "; see \"pglakebase" + name + " --help\"");
  return k_exit_usage;
}

// The parser's words, as a sentence of ours begins.
std::string parser_words(const CLI::ParseError& error) {
  std::string words = error.what();
  while (!words.empty() && (words.back() == '\n' || words.back() == '.')) words.pop_back();
  if (words.starts_with("The ")) words.front() = 't';
  return words;
}

int run_command(std::span<char* const> arguments) {
  bool separator = false;
  const std::size_t own = own_arguments(arguments, separator);
  const std::size_t begin = own + (separator ? 1 : 0);
  const ProgramArguments program =
      begin < arguments.size() ? const_cast<char**>(arguments.data()) + begin : nullptr;

  CLI::App app("Passwordless login to Databricks Lakebase for any program that uses libpq.",
               "pglakebase");
  app.get_formatter()->column_width(24);
  app.set_version_flag("--version", PGLAKEBASE_VERSION, "Show the version");
  app.set_help_flag("-h,--help", "Explain the command");
  app.footer(k_footer);
  app.require_subcommand(0, 1);
  Action action;
  add_run(app, action, program);
  for (const auto add : k_commands) add(app, action);

  try {
    // In the order that CLI11 wants: last first.
    std::vector<std::string> words;
    for (std::size_t i = own; i > 1; --i) words.emplace_back(arguments[i - 1]);
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return k_exit_ok;
  } catch (const CLI::CallForVersion&) {
    print(std::string("pglakebase ") + PGLAKEBASE_VERSION + "\n");
    return k_exit_ok;
  } catch (const CLI::ParseError& error) {
    return usage_error(app, parser_words(error));
  }
  if (!action) return usage_error(app, "a command is needed");
  return action();
}

int guarded(std::span<char* const> arguments) {
  try {
    return run_command(arguments);
  } catch (const CommandError& error) {
    complain(error.what());
    return error.code();
  } catch (const std::exception& error) {
    complain(std::string("something unforeseen failed: ") + error.what());
    return k_exit_failed;
  }
}

}  // namespace
}  // namespace pglakebase

int main(int argc, char** argv) {
  return pglakebase::guarded({argv, static_cast<std::size_t>(argc)});
}

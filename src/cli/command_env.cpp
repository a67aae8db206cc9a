#include <CLI/CLI.hpp>
#include <cstdlib>
#include <memory>
#include <string>

#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/commands.hpp"
#include "pglakebase/cli/output.hpp"
#include "pglakebase/cli/preload_list.hpp"

namespace pglakebase {
namespace {

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

int show_environment(const std::string& format) {
  const std::string library = preload_library();
  if (format == "sh") {
    print("export LD_PRELOAD=\"${LD_PRELOAD:+$LD_PRELOAD:}\"" + shell_quoted(library) + "\n");
    return k_exit_ok;
  }
  const char* list = std::getenv("LD_PRELOAD");
  const std::string value = with_library(list != nullptr ? list : "", library);
  if (value.find('\n') != std::string::npos)
    throw CommandError(k_exit_failed,
                       "LD_PRELOAD has a line break, which no line of GITHUB_ENV can hold; "
                       "correct it first");
  print("LD_PRELOAD=" + value + "\n");
  return k_exit_ok;
}

}  // namespace

void add_env(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("env", "Print the line that preloads the library for what follows.");
  auto format = std::make_shared<std::string>("sh");
  command->add_option("--format", *format, "sh (the default) or github")
      ->check(CLI::IsMember({"sh", "github"}).description(""))
      ->type_name("FORMAT");
  command->footer(
      "Examples:\n"
      "  eval \"$(pglakebase env)\"\n"
      "  pglakebase env --format github >> \"$GITHUB_ENV\"\n\n"
      "The line adds to what LD_PRELOAD holds already.");
  command->callback([&action, format] { action = [format] { return show_environment(*format); }; });
}

}  // namespace pglakebase

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "pglakebase/cli/application_names.hpp"
#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/commands.hpp"
#include "pglakebase/cli/output.hpp"
#include "pglakebase/cli/preload_list.hpp"
#include "pglakebase/cli/program_file.hpp"
#include "pglakebase/cli/sign_in.hpp"
#include "pglakebase/cli/target.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/obtain.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_patience_ms = 30'000;
constexpr const char* k_other_way =
    "; give it a password file instead, made by \"pglakebase token --format pgpass\" and named by "
    "PGPASSFILE";

// The program and its arguments never reach the parser (command_line.hpp), so it knows no such
// argument.
class RunFormatter : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* /*app*/, std::string /*name*/) const override {
    return "Usage: pglakebase run [OPTIONS] -- PROGRAM [ARGUMENTS...]\n";
  }
};

struct Options {
  std::string service;
  bool no_warm = false;
};

const char* why_not_preloaded(Preloading preloading) {
  switch (preloading) {
    case Preloading::possible:
      return nullptr;
    case Preloading::extra_rights:
      return "runs with rights of its own (set-user-ID or capabilities), so the system ignores "
             "LD_PRELOAD for it";
    case Preloading::static_elf:
      return "is linked statically, so nothing can be preloaded into it";
    case Preloading::musl:
      return "is built for musl, and this library for glibc; it runs without the library";
    case Preloading::other_machine:
      return "is built for another processor or for 32 bits, so this library is ignored";
  }
  return nullptr;
}

void set_preload(const std::string& library, bool wanted) {
  const char* list = std::getenv("LD_PRELOAD");
  const std::string before = list != nullptr ? list : "";
  const std::string after =
      wanted ? with_library(before, library) : without_library(before, library);
  if (after.empty()) {
    ::unsetenv("LD_PRELOAD");
  } else if (::setenv("LD_PRELOAD", after.c_str(), 1) != 0) {
    throw CommandError(k_exit_failed, "there is not enough memory");
  }
}

// Returns the exit code if the program must not start, else 0.
int warm_up(const Options& options, const std::string& program) {
  Target target;
  if (!find_expected_target(options.service, target)) return 0;
  forbid_core_dumps();
  const Cache cache = Cache::open();
  ObtainOptions wish;
  wish.deadline_ms = monotonic_ms() + k_patience_ms;
  wish.need_user = target.user().empty();
  const Obtained obtained = obtain(cache, target.request(cache), wish);
  if (obtained.ok) return 0;
  const std::string sentence(obtained.failure.sentence.view());
  if (!obtained.failure.permanent) {
    complain(sentence + "; " + program + " starts all the same and tries again");
    return 0;
  }
  complain(sentence + "; " + program + " was not started (--no-warm starts it in any case)");
  return exit_code(obtained.failure);
}

[[noreturn]] void execute(const std::string& path, ProgramArguments program) {
  ::execv(path.c_str(), program);
  int error = errno;
  if (error == ENOEXEC && looks_like_script(path)) {
    // A script without its "#!" line, which execvp and all shells give to sh.
    std::string shell = "/bin/sh";
    std::string script = path;
    std::vector<char*> arguments{shell.data(), script.data()};
    for (char** argument = program + 1; *argument != nullptr; ++argument)
      arguments.push_back(*argument);
    arguments.push_back(nullptr);
    ::execv(shell.c_str(), arguments.data());
    error = errno;
  }
  const ExitCode code = error == ENOENT ? k_exit_not_found : k_exit_not_executable;
  throw CommandError(code, path + " cannot be executed: " + std::strerror(error) +
                               "; see that the file, and the interpreter it names, are in order");
}

int run_program(const Options& options, ProgramArguments program) {
  if (program == nullptr || *program == nullptr)
    throw CommandError(k_exit_usage,
                       "run needs a program, as in \"pglakebase run -- psql service=orders\"");
  const std::string name = program[0];
  const FoundProgram found = find_program(name);
  if (found.error == ENOENT)
    throw CommandError(k_exit_not_found, "the program \"" + name +
                                             "\" was not found; install it, or give its full path");
  if (found.error != 0)
    throw CommandError(k_exit_not_executable,
                       found.path + " may not be executed; see its permissions");

  const std::string library = preload_library();
  const Preloading preloading = judge_preloading(found.path);
  if (const char* why = why_not_preloaded(preloading)) complain(name + " " + why + k_other_way);
  if (options.service.empty()) take_over_application_names();
  if (!options.no_warm)
    if (const int code = warm_up(options, name); code != 0) return code;

  set_preload(library, preloading != Preloading::musl);
  if (!options.service.empty() && ::setenv("PGSERVICE", options.service.c_str(), 1) != 0)
    throw CommandError(k_exit_failed, "there is not enough memory");
  execute(found.path, program);
}

}  // namespace

void add_run(CLI::App& app, Action& action, ProgramArguments program) {
  CLI::App* command =
      app.add_subcommand("run", "Run a program that logs in to Lakebase without a password.");
  auto options = std::make_shared<Options>();
  auto formatter = std::make_shared<RunFormatter>();
  formatter->column_width(24);
  command->formatter(formatter);
  command
      ->add_option("--service", options->service,
                   "The service to connect to; sets PGSERVICE for the program")
      ->type_name("NAME");
  command->add_flag("--no-warm", options->no_warm,
                    "Start at once, without getting a credential first");
  command->footer(
      "Before the program starts, a credential is obtained if the option, PGSERVICE or PGHOST\n"
      "tells which one it will need. If signing in fails for good, the program is not started.\n\n"
      "Examples:\n"
      "  pglakebase run -- psql service=orders\n"
      "  pglakebase run --service orders -- pg_dump -j 4 -Fd -f orders.dump");
  command->callback([&action, options, program] {
    action = [options, program] { return run_program(*options, program); };
  });
}

}  // namespace pglakebase

#pragma once

#include <functional>

namespace CLI {
class App;
}

/// One function for each command: it declares the command's options and sets `action` when the
/// command was chosen. main.cpp has the table.
namespace pglakebase {

/// Returns the exit code. Throws CommandError.
using Action = std::function<int()>;

/// The program that `run` is to start and its arguments, as they stand in main's argv: ends with a
/// null pointer, and is null when there is none. Never seen by the option parser, which must not
/// touch what is another program's.
using ProgramArguments = char**;

void add_run(CLI::App& app, Action& action, ProgramArguments program);
void add_token(CLI::App& app, Action& action);
void add_status(CLI::App& app, Action& action);
void add_forget(CLI::App& app, Action& action);
void add_env(CLI::App& app, Action& action);

}  // namespace pglakebase

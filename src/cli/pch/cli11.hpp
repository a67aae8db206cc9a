// The largest header by far that the command's files include, read once.
#include <CLI/CLI.hpp>

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What the targets share. A target is one file that defines run(); it must do the same for the
/// same input, whatever the environment. Seeds are text that people can read: where a target needs
/// more than one value, they stand in lines.
namespace pglakebase::fuzz {

/// The target.
void run(std::string_view input);

/// The next line, without its end; empty where there is no more.
std::string_view take_line(std::string_view& rest);

/// The next line as a number, 0 if it is none.
long long take_number(std::string_view& rest);

/// A directory of this process alone, in memory where that can be had, gone at its end.
const std::string& directory();

/// Writes a file of that mode into directory() and returns its path.
std::string write_file(const char* name, std::string_view content, unsigned mode = 0600);

/// Without what has another meaning in C (all from the first NUL on).
std::string c_string(std::string_view text);

[[noreturn]] inline void fail(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
  std::abort();
}

}  // namespace pglakebase::fuzz

/// An invariant; the fuzzer stops where it does not hold. Unlike assert() it is in every build.
#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::pglakebase::fuzz::fail(__FILE__, __LINE__, #condition))

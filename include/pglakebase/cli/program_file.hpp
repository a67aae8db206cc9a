#pragma once

#include <string>

namespace pglakebase {

/// Can the dynamic linker load our library into a program?
enum class Preloading {
  possible,      ///< or not known, because the file cannot be read
  extra_rights,  ///< set-user-ID, set-group-ID or file capabilities: the linker ignores us
  static_elf,    ///< no dynamic linker runs
  musl,          ///< the program's C library is not ours: it would die
  other_machine  ///< 32-bit, or for another processor: the linker ignores us
};

/// Where execvp would find `name`. `error` is 0, ENOENT or EACCES; with EACCES `path` is the file
/// that was found.
struct FoundProgram {
  std::string path;
  int error = 0;
};
FoundProgram find_program(const std::string& name);

/// Looks at the file's rights and ELF header; a script's interpreter counts in its place, one level
/// deep.
Preloading judge_preloading(const std::string& path);

/// The same of an open ELF file; anything else counts as possible.
Preloading judge_elf(int fd);

/// Could a shell read the file, which the kernel does not take for a program? A binary has a NUL
/// near its beginning.
bool looks_like_script(const std::string& path);

}  // namespace pglakebase

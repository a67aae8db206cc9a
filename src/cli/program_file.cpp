#include "pglakebase/cli/program_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "pglakebase/core/unique_fd.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_headers_at_most = 64;
constexpr std::size_t k_shebang_limit = 256;                   // BINPRM_BUF_SIZE of Linux
constexpr std::string_view k_standard_path = "/bin:/usr/bin";  // execvp's without PATH

#if defined(__x86_64__)
constexpr Elf64_Half k_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half k_machine = EM_AARCH64;
#else
#error "name the machine of this processor"
#endif

template <typename T>
bool read_at(int fd, T& value, Elf64_Off offset) {
  return ::pread(fd, &value, sizeof value, static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(sizeof value);
}

std::string read_start(int fd, std::size_t limit, Elf64_Off offset) {
  std::string text(limit, '\0');
  const ssize_t got = ::pread(fd, text.data(), limit, static_cast<off_t>(offset));
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

// The interpreter that a "#!" line names; empty if the file does not start with one.
std::string script_interpreter(int fd) {
  const std::string start = read_start(fd, k_shebang_limit, 0);
  if (!start.starts_with("#!")) return {};
  std::string_view rest(start);
  std::string_view line;
  take_until(rest, '\n', line);
  line = trim(line.substr(2));
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

// What makes the kernel set AT_SECURE.
bool gains_rights(const std::string& path, const struct stat& st) {
  if ((st.st_mode & S_ISUID) != 0 && st.st_uid != ::getuid()) return true;
  if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st.st_gid != ::getgid())
    return true;
  return ::getuid() != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0;
}

Preloading judge_binary(const std::string& path, int fd) {
  struct stat st {};
  if (::fstat(fd, &st) == 0 && gains_rights(path, st)) return Preloading::extra_rights;
  return judge_elf(fd);
}

int usable(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return errno == EACCES ? EACCES : ENOENT;
  if (!S_ISREG(st.st_mode) || ::access(path.c_str(), X_OK) != 0) return EACCES;
  return 0;
}

}  // namespace

FoundProgram find_program(const std::string& name) {
  if (name.empty()) return {name, ENOENT};
  if (name.find('/') != std::string::npos) return {name, usable(name)};
  const char* variable = std::getenv("PATH");
  std::string_view rest = variable != nullptr ? variable : k_standard_path;
  FoundProgram denied{name, ENOENT};
  for (;;) {
    const std::size_t end = rest.find(':');
    const std::string_view directory = rest.substr(0, end);
    // An empty entry means the working directory.
    const std::string path = (directory.empty() ? "." : std::string(directory)) + "/" + name;
    const int error = usable(path);
    if (error == 0) return {path, 0};
    if (error == EACCES && denied.error == ENOENT) denied = {path, EACCES};
    if (end == std::string_view::npos) return denied;
    rest.remove_prefix(end + 1);
  }
}

Preloading judge_elf(int fd) {
  Elf64_Ehdr header{};
  if (!read_at(fd, header, 0) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return Preloading::possible;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != k_machine)
    return Preloading::other_machine;
  const std::size_t count = std::min<std::size_t>(header.e_phnum, k_headers_at_most);
  for (std::size_t i = 0; i < count; ++i) {
    Elf64_Phdr part{};
    if (!read_at(fd, part, header.e_phoff + i * header.e_phentsize)) return Preloading::possible;
    if (part.p_type != PT_INTERP) continue;
    const std::string linker =
        read_start(fd, std::min<std::size_t>(part.p_filesz, 4096), part.p_offset);
    return linker.find("ld-musl") != std::string::npos ? Preloading::musl : Preloading::possible;
  }
  return Preloading::static_elf;
}

Preloading judge_preloading(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) {
    struct stat st {};
    return ::stat(path.c_str(), &st) == 0 && gains_rights(path, st) ? Preloading::extra_rights
                                                                    : Preloading::possible;
  }
  const std::string interpreter = script_interpreter(fd.get());
  if (interpreter.empty()) return judge_binary(path, fd.get());
  const UniqueFd behind(::open(interpreter.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return behind.valid() ? judge_binary(interpreter, behind.get()) : Preloading::possible;
}

bool looks_like_script(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  return fd.valid() && read_start(fd.get(), k_shebang_limit, 0).find('\0') == std::string::npos;
}

}  // namespace pglakebase

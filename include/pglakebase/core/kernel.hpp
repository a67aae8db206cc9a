#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

/// What glibc has functions for since 2.25 or 2.33 alone, so that the library loads on older ones:
/// the kernel is asked directly. struct stat is the kernel's on the processors that we build for.
/// Results and errno are those of the functions that they stand for.
namespace pglakebase {

inline int status_at(int directory, const char* path, struct stat* out, int flags) {
  return static_cast<int>(::syscall(SYS_newfstatat, directory, path, out, flags));
}

inline int status_of(const char* path, struct stat* out) {
  return status_at(AT_FDCWD, path, out, 0);
}

inline int status_of_link(const char* path, struct stat* out) {
  return status_at(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

inline int status_of(int fd, struct stat* out) {
  return static_cast<int>(::syscall(SYS_fstat, fd, out));
}

inline ssize_t random_bytes(void* out, std::size_t size, unsigned flags) {
  return ::syscall(SYS_getrandom, out, size, flags);
}

/// As explicit_bzero(): the compiler takes the cleared bytes for read.
inline void wipe(void* memory, std::size_t size) {
  std::memset(memory, 0, size);
  asm volatile("" : : "r"(memory) : "memory");
}

}  // namespace pglakebase

#include "pglakebase/core/cache.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/kernel.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr mode_t k_others = S_IRWXG | S_IRWXO;

// flock and rename promise nothing across machines.
bool on_network_file_system(int fd) {
  struct statfs fs {};
  if (::fstatfs(fd, &fs) != 0) return true;
  switch (static_cast<std::uint32_t>(fs.f_type)) {
    case 0x6969:      // NFS
    case 0x517b:      // SMB
    case 0xff534d42:  // CIFS
    case 0xfe534d42:  // SMB2
    case 0x01021997:  // 9P
    case 0x5346414f:  // AFS
    case 0x00c36400:  // Ceph
    case 0x0bd00bd0:  // Lustre
    case 0x47504653:  // GPFS
      return true;
    default:
      return false;
  }
}

UniqueFd open_directory(const char* path) {
  return UniqueFd(::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Takes from others what rights they have. Not where something else lies, too: /tmp, a home or the
// root may have been named by mistake, and would be shut to everybody.
bool shut_to_others(int fd) {
  struct stat st {};
  char entries[128];
  constexpr long empty = 48;  // the size of "." and ".."
  const bool is_cache = status_at(fd, "key", &st, AT_SYMLINK_NOFOLLOW) == 0;
  const long size = is_cache ? 0 : ::syscall(SYS_getdents64, fd, entries, sizeof entries);
  if (size >= 0 && size <= empty) return ::fchmod(fd, 0700) == 0;
  // Another process may have made a cache of it just now.
  return status_of(fd, &st) == 0 && (st.st_mode & k_others) == 0;
}

// Opens the directory, made if needed. Only the last part may be made, and it may be no link.
UniqueFd open_private_directory(const char* path, uid_t user) {
  constexpr mode_t others_write = S_IWGRP | S_IWOTH;
  if (path[0] != '/') return {};
  UniqueFd fd = open_directory(path);
  if (!fd.valid() && errno == ENOENT) {
    if (::mkdir(path, 0700) == 0) {
      // A strange umask must not shut ourselves out for good.
      ::chmod(path, 0700);
    } else if (errno != EEXIST) {
      return {};
    }
    fd = open_directory(path);
  }
  struct stat st {};
  if (!fd.valid() || status_of(fd.get(), &st) != 0 || st.st_uid != user) return {};
  if (on_network_file_system(fd.get())) return {};
  if ((st.st_mode & k_others) != 0 && !shut_to_others(fd.get())) return {};
  // Whoever could write to it may have given our files other names: another key makes all a miss.
  if ((st.st_mode & others_write) != 0) ::unlinkat(fd.get(), "key", 0);
  return fd;
}

bool owned_directory(const char* path) {
  struct stat st {};
  return status_of_link(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == ::geteuid();
}

void file_name(Text& out, std::string_view kind, const EntryName& name) {
  out.append(kind).append_char('-').append(name.view());
}

// A name for the aside copy that no other process or thread has in use.
bool temporary_name(Text& out) {
  unsigned char random[8];
  if (random_bytes(random, sizeof random, GRND_NONBLOCK) != sizeof random) return false;
  out.append("new-").append_hex(random, sizeof random);
  return out.ok();
}

// The trouble is this process's (or machine's) own, and says nothing of the file.
bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

UniqueFd open_our_file(int dir, const char* name, uid_t user, std::size_t& size) {
  UniqueFd fd(::openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct stat st {};
  if (!fd.valid() || status_of(fd.get(), &st) != 0) return {};
  // No link at all means that it was just replaced: a whole record still.
  if (!S_ISREG(st.st_mode) || st.st_uid != user || st.st_nlink > 1 || (st.st_mode & k_others) != 0)
    return {};
  size = static_cast<std::size_t>(st.st_size);
  return fd;
}

// Writes `content` to a new file and returns its name in `aside`.
bool write_aside(int dir, std::string_view content, Text& aside) {
  if (!temporary_name(aside)) return false;
  const UniqueFd fd(
      ::openat(dir, aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd.valid()) return false;
  // A strange umask must not make the file unreadable for ourselves.
  if (::fchmod(fd.get(), 0600) == 0 && write_all(fd.get(), content)) return true;
  ::unlinkat(dir, aside.c_str(), 0);
  return false;
}

// Gives the file its name unless something has that name already; takes the aside copy away in any
// case. `errno` is that of the failed step.
bool publish_if_absent(int dir, const char* aside, const char* name) {
  constexpr unsigned no_replace = 1;  // RENAME_NOREPLACE
  if (::syscall(SYS_renameat2, dir, aside, dir, name, no_replace) == 0) return true;
  int error = errno;
  bool done = false;
  if (error == EINVAL || error == ENOSYS) {
    done = ::linkat(dir, aside, dir, name, 0) == 0;
    error = errno;
  }
  ::unlinkat(dir, aside, 0);
  errno = error;
  return done;
}

void remove_if_same(int dir, const char* name, const struct stat& seen) {
  struct stat st {};
  if (status_at(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == seen.st_dev &&
      st.st_ino == seen.st_ino)
    ::unlinkat(dir, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
}

}  // namespace

EntryName entry_name(const Digest& digest) {
  constexpr char digits[] = "0123456789abcdef";
  EntryName name;
  for (std::size_t i = 0; i < 32; ++i) {
    name.hex[2 * i] = digits[digest[i] >> 4];
    name.hex[2 * i + 1] = digits[digest[i] & 15];
  }
  return name;
}

Cache Cache::open_at(std::string_view path) {
  Cache cache;
  if (path.empty()) return cache;
  cache.path_.assign(path);
  cache.user_ = ::geteuid();
  cache.dir_ = open_private_directory(cache.path_.c_str(), cache.user_);
  if (cache.valid() && !cache.load_key()) cache.dir_ = UniqueFd();
  if (!cache.valid()) cache.path_.clear();
  return cache;
}

// The places depend on the user alone wherever possible, so that cron, ssh and a service agree.
Cache Cache::open() {
  if (const char* chosen = environment("PGLAKEBASE_CACHE_DIR")) return open_at(chosen);

  Text path;
  path.append("/run/user/").append_number(::geteuid());
  if (owned_directory(path.c_str())) {
    path.append("/pglakebase");
    if (Cache cache = open_at(path.view()); cache.valid()) return cache;
  }
  if (const char* runtime = environment("RUNTIME_DIRECTORY")) {
    std::string_view rest(runtime);
    std::string_view first;
    take_until(rest, ':', first);
    path.assign(first);
    if (owned_directory(path.c_str())) {
      path.append("/pglakebase");
      if (Cache cache = open_at(path.view()); cache.valid()) return cache;
    }
  }
  path.assign("/dev/shm/pglakebase-");
  path.append_number(::geteuid());
  if (Cache cache = open_at(path.view()); cache.valid()) return cache;

  if (home_directory(path) && owned_directory(path.c_str())) {
    path.append("/.cache");
    ::mkdir(path.c_str(), 0700);
    path.append("/pglakebase");
    if (Cache cache = open_at(path.view()); cache.valid()) return cache;
  }
  return {};
}

// Made aside and then named, so that it appears whole and the first one wins.
bool Cache::load_key() {
  constexpr int attempts = 4;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    // Looked at before it is opened: what comes meanwhile must not be taken away below. It is
    // nearly always whole, and the first attempt takes nothing away.
    struct stat st {};
    const bool present = attempt > 0 && status_at(dir_.get(), "key", &st, AT_SYMLINK_NOFOLLOW) == 0;
    Text content;
    std::size_t size = 0;
    errno = 0;
    if (const UniqueFd fd = open_our_file(dir_.get(), "key", user_, size); fd.valid()) {
      if (read_all(fd.get(), sizeof key_, content, size) && content.size() == sizeof key_) {
        std::memcpy(key_, content.c_str(), sizeof key_);
        return true;
      }
      // No memory to read it is no fault of the key.
      if (!content.ok()) return false;
    } else if (out_of_resources(errno)) {
      return false;
    }
    if (attempt == 0) continue;
    // Where linking stands in for renaming, a new key has two names for a moment.
    if (present && S_ISREG(st.st_mode) && st.st_nlink > 1 && attempt + 1 < attempts) {
      sleep_ms(1);
      continue;
    }
    // What cannot be trusted goes: another key makes every old entry a miss.
    if (present) remove_if_same(dir_.get(), "key", st);
    char fresh[sizeof key_];
    if (random_bytes(fresh, sizeof fresh, GRND_NONBLOCK) != sizeof fresh) return false;
    Text aside;
    if (!write_aside(dir_.get(), {fresh, sizeof fresh}, aside)) return false;
    if (publish_if_absent(dir_.get(), aside.c_str(), "key")) {
      std::memcpy(key_, fresh, sizeof key_);
      return true;
    }
  }
  return false;
}

bool Cache::read(std::string_view kind, const EntryName& name, Text& out) const {
  if (!valid()) return false;
  Text file;
  file_name(file, kind, name);
  std::size_t size = 0;
  const UniqueFd fd = open_our_file(dir_.get(), file.c_str(), user_, size);
  return fd.valid() && read_all(fd.get(), k_record_limit, out, size);
}

bool Cache::write(std::string_view kind, const EntryName& name, std::string_view content) const {
  if (!valid() || content.size() > k_record_limit) return false;
  Text file;
  file_name(file, kind, name);
  Text aside;
  if (!write_aside(dir_.get(), content, aside)) return false;
  if (::renameat(dir_.get(), aside.c_str(), dir_.get(), file.c_str()) == 0) return true;
  // Something that a file cannot replace (a directory) stands there: away with it, once.
  ::unlinkat(dir_.get(), file.c_str(), AT_REMOVEDIR);
  if (::renameat(dir_.get(), aside.c_str(), dir_.get(), file.c_str()) == 0) return true;
  ::unlinkat(dir_.get(), aside.c_str(), 0);
  return false;
}

bool Cache::create(std::string_view kind, const EntryName& name, std::string_view content) const {
  if (!valid()) {
    errno = ENOENT;
    return false;
  }
  Text file;
  file_name(file, kind, name);
  Text aside;
  if (!write_aside(dir_.get(), content, aside)) return false;
  return publish_if_absent(dir_.get(), aside.c_str(), file.c_str());
}

void Cache::remove(std::string_view kind, const EntryName& name) const {
  if (!valid()) return;
  Text file;
  file_name(file, kind, name);
  ::unlinkat(dir_.get(), file.c_str(), 0);
}

}  // namespace pglakebase

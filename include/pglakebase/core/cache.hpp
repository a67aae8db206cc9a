#pragma once

#include <sys/types.h>

#include <string_view>

#include "pglakebase/core/sha256.hpp"
#include "pglakebase/core/text.hpp"
#include "pglakebase/core/unique_fd.hpp"

namespace pglakebase {

/// 64 hexadecimal digits that name one entry of the cache.
struct EntryName {
  char hex[65] = {};
  std::string_view view() const { return {hex, 64}; }
};
EntryName entry_name(const Digest& digest);

/// The directory of small files that all processes of a user share. Every access goes through an
/// open directory descriptor; every file must be a regular one of ours, mode 0600, with one link.
/// Readers take no lock: files are written aside and renamed.
class Cache {
 public:
  /// Opens the user's cache, made if needed; docs/PROTOCOL.md gives the order of the places. An
  /// invalid Cache where none can be had: everything then misses and nothing is stored.
  static Cache open();
  /// Opens exactly `path` under the same checks; an empty path gives an invalid Cache.
  static Cache open_at(std::string_view path);

  bool valid() const { return dir_.valid(); }
  int fd() const { return dir_.get(); }
  /// Where it is; empty when not valid.
  std::string_view path() const { return path_.view(); }

  /// The secret that keys the names, made by whoever comes first. Without a cache a fixed one: the
  /// names are then used nowhere.
  std::string_view key() const { return {key_, sizeof key_}; }
  EntryName name(std::string_view message) const { return entry_name(hmac_sha256(key(), message)); }

  /// Reads the file `<kind>-<name>`. False if there is none that can be trusted.
  bool read(std::string_view kind, const EntryName& name, Text& out) const;
  /// Replaces it. False if that cannot be done (disk full, read-only, gone).
  bool write(std::string_view kind, const EntryName& name, std::string_view content) const;
  /// Creates it only if it is not there. False if it is, or on an error (`errno` tells).
  bool create(std::string_view kind, const EntryName& name, std::string_view content) const;
  void remove(std::string_view kind, const EntryName& name) const;

 private:
  bool load_key();

  UniqueFd dir_;
  Text path_;
  uid_t user_ = 0;  // the one that opened it
  char key_[32] = {};
};

}  // namespace pglakebase

#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string_view>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/freshness.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The kinds of cache files, as they stand in file names and records.
inline constexpr char k_kind_request[] = "request";          ///< request → identity
inline constexpr char k_kind_credential[] = "credential";    ///< by identity
inline constexpr char k_kind_failure[] = "failure";          ///< by request
inline constexpr char k_kind_fetching[] = "fetching";        ///< by request
inline constexpr char k_kind_replacement[] = "replacement";  ///< by request
inline constexpr char k_kind_issued[] = "issued";            ///< by token
inline constexpr char k_kind_workspace[] = "workspace";      ///< helper only
inline constexpr char k_kind_endpoint[] = "endpoint";        ///< helper only
inline constexpr char k_kind_user[] = "user";                ///< helper only
inline constexpr char k_kind_trouble[] = "trouble";          ///< helper only

/// Appends a line that tells a file's state now (its absence too), or the state that is given.
void append_file_stamp(Text& out, std::string_view path, const struct stat* known = nullptr);
/// Are all files as these lines tell?
bool files_unchanged(std::string_view stamps);

/// Times of a credential, in milliseconds since 1970.
struct CredentialTimes {
  std::int64_t issued_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t issued_since_boot_ms = 0;  ///< the issue by since_boot_ms(); 0: not known

  /// `boot_ms` is since_boot_ms(). After another boot it shows less than the true age, never more.
  Lifetime lifetime(std::int64_t refresh_before_ms, std::int64_t boot_ms) const;
};

/// A database credential. `token` is the password.
struct Credential : CredentialTimes {
  Text token;
  Text identity;  ///< 64 hexadecimal digits: whose it is
  Text user;      ///< the role that this identity logs in as by default; may be empty

  /// False if the record is no whole credential.
  bool parse(std::string_view record);
  void append_record(Text& out) const;
};

/// Reads the credential of an identity (64 hexadecimal digits, else none is found), fresh or not.
bool read_credential(const Cache& cache, std::string_view identity, Credential& credential);

/// Why no credential could be had.
struct Failure {
  Text sentence;
  bool permanent = false;          ///< asking again changes nothing until a setting changes
  std::int64_t seen_ms = 0;        ///< when it happened
  std::int64_t not_before_ms = 0;  ///< nobody asks again before
  Text material;                   ///< Request::material() it was seen with
  Text network;                    ///< Request::network() it was seen with
  Text files;                      ///< lines of append_file_stamp(): the settings it was seen with

  bool parse(std::string_view record);
  void append_record(Text& out) const;
  /// Must nobody ask at `now_ms`? Never where the clock was set back meanwhile.
  bool holds_at(std::int64_t now_ms) const;
  /// Was it seen with these secrets, this network, and the files as they are?
  bool seen_with(std::string_view material_now, std::string_view network_now) const;
};

/// Which identity a request resolved to, and the files that this was read from.
struct Resolution {
  Text selecting;  ///< compared with the request's own: a name alone proves nothing
  Text identity;   ///< 64 hexadecimal digits
  Text files;      ///< lines of append_file_stamp()

  bool parse(std::string_view record);
  void append_record(Text& out) const;
  /// Are all files as they were?
  bool files_unchanged() const { return pglakebase::files_unchanged(files.view()); }
};

}  // namespace pglakebase

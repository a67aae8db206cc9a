#include "pglakebase/core/credential.hpp"

#include <algorithm>

#include "pglakebase/core/file_state.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Records of a longer hold-off were not written by us.
constexpr std::int64_t k_longest_hold_ms = 3'600'000;

void append_stamp(Text& out, const FileState& state) {
  if (state.present == 0) {
    out.append("absent");
    return;
  }
  out.append_number(static_cast<std::int64_t>(state.device)).append_char(':');
  out.append_number(static_cast<std::int64_t>(state.inode)).append_char(':');
  out.append_number(state.size).append_char(':');
  out.append_number(state.changed_s).append_char('.').append_number(state.changed_ns);
}

// It becomes part of a file's name.
bool is_identity(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

void append_file_stamp(Text& out, std::string_view path, const struct stat* known) {
  const Text name(path);
  append_stamp(out, known != nullptr ? FileState(*known) : FileState::of(name.c_str()));
  out.append_char(' ').append(path).append_char('\n');
}

bool Credential::parse(std::string_view record) {
  Record fields;
  if (!fields.parse(record, k_kind_credential)) return false;
  token.assign(fields.get("token"));
  identity.assign(fields.get("identity"));
  user.assign(fields.get("user"));
  issued_ms = fields.number("issued_ms", 0);
  expires_ms = fields.number("expires_ms", 0);
  issued_since_boot_ms = std::max<std::int64_t>(fields.number("issued_since_boot", 0), 0);
  return token.ok() && identity.ok() && user.ok() && !token.empty() && issued_ms > 0 &&
         expires_ms > issued_ms;
}

void Credential::append_record(Text& out) const {
  Record::begin(out, k_kind_credential);
  append_field(out, "identity", identity.view());
  append_field(out, "token", token.view());
  append_field(out, "user", user.view());
  append_field(out, "issued_ms", issued_ms);
  append_field(out, "expires_ms", expires_ms);
  if (issued_since_boot_ms > 0) append_field(out, "issued_since_boot", issued_since_boot_ms);
  Record::finish(out);
}

Lifetime CredentialTimes::lifetime(std::int64_t refresh_before_ms, std::int64_t boot_ms) const {
  const std::int64_t age_ms = issued_since_boot_ms > 0 ? boot_ms - issued_since_boot_ms : 0;
  return {issued_ms, expires_ms, refresh_before_ms, std::max<std::int64_t>(age_ms, 0)};
}

bool read_credential(const Cache& cache, std::string_view identity, Credential& credential) {
  if (!is_identity(identity)) return false;
  EntryName name;
  std::copy_n(identity.data(), identity.size(), name.hex);
  Text record;
  // A file of that name proves little: files can be given other names.
  return cache.read(k_kind_credential, name, record) && credential.parse(record.view()) &&
         credential.identity.view() == identity;
}

bool Failure::parse(std::string_view record) {
  Record fields;
  if (!fields.parse(record, k_kind_failure)) return false;
  sentence.assign(fields.get("sentence"));
  permanent = fields.number("permanent", 0) != 0;
  seen_ms = fields.number("seen_ms", 0);
  not_before_ms = fields.number("not_before_ms", 0);
  material.assign(fields.get("material"));
  network.assign(fields.get("network"));
  files.assign(fields.get("files"));
  return sentence.ok() && material.ok() && network.ok() && files.ok() && !sentence.empty();
}

void Failure::append_record(Text& out) const {
  Record::begin(out, k_kind_failure);
  append_field(out, "sentence", sentence.view());
  append_field(out, "permanent", std::int64_t{permanent});
  append_field(out, "seen_ms", seen_ms);
  append_field(out, "not_before_ms", not_before_ms);
  append_field(out, "material", material.view());
  append_field(out, "network", network.view());
  append_field(out, "files", files.view());
  Record::finish(out);
}

bool Failure::holds_at(std::int64_t now_ms) const {
  return seen_ms <= now_ms && now_ms < not_before_ms && not_before_ms - seen_ms < k_longest_hold_ms;
}

bool Failure::seen_with(std::string_view material_now, std::string_view network_now) const {
  return material.view() == material_now && network.view() == network_now &&
         files_unchanged(files.view());
}

bool Resolution::parse(std::string_view record) {
  Record fields;
  if (!fields.parse(record, k_kind_request)) return false;
  selecting.assign(fields.get("selecting"));
  identity.assign(fields.get("identity"));
  files.assign(fields.get("files"));
  return selecting.ok() && identity.ok() && files.ok() && is_identity(identity.view());
}

void Resolution::append_record(Text& out) const {
  Record::begin(out, k_kind_request);
  append_field(out, "selecting", selecting.view());
  append_field(out, "identity", identity.view());
  append_field(out, "files", files.view());
  Record::finish(out);
}

bool files_unchanged(std::string_view rest) {
  std::string_view line;
  while (take_until(rest, '\n', line)) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return false;
    Text path(slice(line, space + 1));
    Text stamp;
    append_stamp(stamp, FileState::of(path.c_str()));
    if (!path.ok() || stamp.view() != slice(line, 0, space)) return false;
  }
  return true;
}

}  // namespace pglakebase

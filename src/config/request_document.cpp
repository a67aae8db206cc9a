#include "pglakebase/config/request_document.hpp"

#include <algorithm>

#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::string_view k_version_key = "pglakebase-request";
constexpr std::int64_t k_longest_life_ms = 120'000;
constexpr std::int64_t k_shortest_life_ms = 100;

[[noreturn]] void broken(const char* why) {
  throw ConfigError(std::string("pglakebase-fetch was given a request that it cannot read (") +
                    why +
                    "); install libpglakebase.so, pglakebase and pglakebase-fetch of one "
                    "version");
}

std::string decoded(std::string_view encoded) {
  Text text;
  if (!append_decoded(text, encoded)) broken("a broken escape");
  if (!text.ok()) throw std::bad_alloc();
  // C code behind us would read another value.
  if (text.view().find('\0') != std::string_view::npos) broken("a NUL byte");
  return std::string(text.view());
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::int64_t number(const std::string& value) {
  std::int64_t read = 0;
  if (!parse_number(value, read)) broken("a number that is none");
  return read;
}

void take_option(RequestDocument& document, std::string_view name, std::string value) {
  if (name == "service")
    document.service = std::move(value);
  else if (name == "cache")
    document.cache_path = std::move(value);
  else if (name == "material")
    document.material = std::move(value);
  else if (name == "network")
    document.network_digest = std::move(value);
  else if (name == "issued_after_ms")
    document.issued_after_ms = std::max<std::int64_t>(number(value), 0);
  else if (name == "need_user")
    document.need_user = number(value) != 0;
  else if (name == "min_life_ms")
    document.min_life_ms = std::max<std::int64_t>(number(value), 0);
  else if (name == "refresh_before_ms")
    document.refresh_before_ms = std::max<std::int64_t>(number(value), 0);
  else if (name == "deadline_ms")
    document.deadline_ms = std::clamp(number(value), k_shortest_life_ms, k_longest_life_ms);
  else if (name == "check_hosts")
    document.check_hosts = number(value) != 0;
}

// The very next line; next_field() passes over lines that are no fields.
bool take_line(std::string_view& rest, Field& field) {
  const char* begin = rest.data();
  return next_field(rest, field) && field.key.data() == begin;
}

// Lines before the first secret, network or option line select; true for those.
bool take_selecting(RequestDocument& document, std::string_view key, std::string value) {
  if (key == "uid")
    document.uid = number(value);
  else if (key == "home")
    document.home = std::move(value);
  else if (key == "host")
    document.hosts.push_back(std::move(value));
  else if (take_prefix(key, "directive."))
    document.directives.push_back({std::string(key), std::move(value)});
  else if (take_prefix(key, "env."))
    document.environment.push_back({std::string(key), std::move(value)});
  else
    return key == "version" || key.starts_with("digest.");
  return true;
}

bool take_other(RequestDocument& document, std::string_view key, std::string value) {
  if (take_prefix(key, "secret.directive."))
    document.directives.push_back({std::string(key), std::move(value)});
  else if (take_prefix(key, "secret.env."))
    document.environment.push_back({std::string(key), std::move(value)});
  else if (take_prefix(key, "network.env.") || take_prefix(key, "network.directive."))
    document.network.push_back({std::string(key), std::move(value)});
  else if (take_prefix(key, "option."))
    take_option(document, key, std::move(value));
  else
    return false;
  return true;
}

bool is_other(std::string_view key) {
  return key.starts_with("secret.") || key.starts_with("network.") || key.starts_with("option.");
}

}  // namespace

RequestDocument RequestDocument::parse(std::string_view text) {
  if (text.size() > k_request_document_limit) broken("too long");
  if (!text.ends_with("\nend=1\n")) broken("not whole");
  // C code behind us would read another name.
  if (text.find('\0') != std::string_view::npos) broken("a NUL byte");
  text.remove_suffix(std::string_view("end=1\n").size());
  Field field;
  if (!take_line(text, field) || field.key != k_version_key) broken("not a request");
  if (field.encoded != "1") broken("of another version");

  RequestDocument document;
  const std::string_view body = text;
  bool selecting = true;
  for (std::string_view rest = body; !rest.empty();) {
    const std::size_t at = body.size() - rest.size();
    if (!take_line(rest, field)) broken("a line that is none");
    if (selecting && is_other(field.key)) {
      selecting = false;
      document.selecting = body.substr(0, at);
    }
    const bool known = selecting ? take_selecting(document, field.key, decoded(field.encoded))
                                 : take_other(document, field.key, decoded(field.encoded));
    // What selects must not be passed over: somebody else would be signed in.
    if (!known) broken("a line that does not belong there");
  }
  if (selecting) broken("without options");
  if (document.hosts.empty()) broken("without a host");
  return document;
}

}  // namespace pglakebase

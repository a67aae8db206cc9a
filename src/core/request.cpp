#include "pglakebase/core/request.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/variables.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// No credential lives longer.
constexpr std::int64_t k_longest_life_s = 86'400;
// The setting whose value is the name of a variable, that holds an identity token.
constexpr char k_names_a_variable[] = "oidc_token_env";
constexpr char k_user_token[] = "user_token";
constexpr std::size_t k_usual_size = 1000;

bool names_a_path(std::string_view input, std::string_view value) {
  // A program without a slash is looked for in PATH.
  if (input == "databricks_cli_path") return value.find('/') != std::string_view::npos;
  // The file's name, its content, or a reference such as file:PATH.
  if (input == "google_credentials")
    return !starts_with(trim(value), "{") && value.find(':') >= value.find('/');
  return ends_with(input, "_file") || ends_with(input, "_filepath") || ends_with(input, "_path") ||
         ends_with(input, "_dir") || input == "google_application_credentials";
}

// A secret that a variable of the program holds: the helper does not see the program's environment.
const char* kept_in_variable(const Input& input, std::string_view given) {
  constexpr std::string_view reference = "env:";
  const bool secret = input.input_class == InputClass::deciding ||
                      input.input_class == InputClass::assertion ||
                      input.input_class == InputClass::material;
  if (!secret || !starts_with(given, reference)) return nullptr;
  const Text name(slice(given, reference.size()));
  return environment(name.c_str());
}

// The helper runs in "/", and two directories may hold files of one name. False if the path goes by
// the current one.
bool append_absolute(Text& out, std::string_view path) {
  bool absolute = true;
  Text base;
  if (path == "~" || starts_with(path, "~/")) {
    if (home_directory(base)) path.remove_prefix(1);
  } else if (!path.starts_with('/')) {
    absolute = false;
    if (char* directory = ::getcwd(nullptr, 0)) {
      base.append(directory).append_char('/');
      std::free(directory);
    }
  }
  out.append(base.view()).append(path);
  return absolute;
}

void append_prefixed(Text& out, std::string_view prefix, std::string_view name,
                     std::string_view value) {
  Text key;
  key.append(prefix).append(name);
  append_field(out, key.view(), value);
}

}  // namespace

Request Request::build(std::string_view hosts, std::string_view service, DirectiveView directives,
                       const Cache& cache, std::string_view user_token) {
  const MemoryWatch memory;
  Request request;
  request.service_.assign(service);
  request.cache_path_.assign(cache.path());
  Text& out = request.selecting_;
  out.reserve(k_usual_size);
  append_field(out, "version", 1);
  append_field(out, "uid", static_cast<std::int64_t>(::geteuid()));
  Text home;
  home_directory(home);
  append_field(out, "home", home.view());
  std::string_view host;
  while (take_until(hosts, ',', host)) {
    Text normal;
    append_normal_host(normal, host);
    append_field(out, "host", normal.view());
  }

  Variables variables;
  variables.read();
  const bool has_client_id = !directives.get("client_id").empty() ||
                             !directives.get("azure_client_id").empty() ||
                             variables.given("client_id") || variables.given("azure_client_id");
  // The last one of several counts.
  std::string_view given[k_inputs_at_most] = {};
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (directives.next(position, key, value))
    if (const Input* input = find_input(key)) given[input - inputs().data()] = value;
  if (const Input* input = find_input(k_user_token)) given[input - inputs().data()] = user_token;
  for (std::size_t i = 0; i < inputs().size(); ++i)
    if (!given[i].empty())
      request.add(inputs()[i], "directive.", inputs()[i].name(), given[i], has_client_id, cache);
  request.add_named(directives.get(k_names_a_variable), has_client_id, cache);
  for (const Variables::Found& found : variables.all()) {
    const Input& input = inputs()[found.input];
    char buffer[64];
    std::string_view name;
    if (!input_variable(input, found.n, buffer, name)) continue;
    request.add(input, "env.", name, found.value, has_client_id, cache);
    if (input.name() == k_names_a_variable) request.add_named(found.value, has_client_id, cache);
  }

  std::int64_t seconds = 0;
  if (parse_number(directives.get("refresh_before"), seconds) && seconds > 0)
    request.refresh_before_ms_ = std::min(seconds, k_longest_life_s) * 1000;

  request.name_ = cache.name(out.view());
  request.key_.assign(cache.key());
  request.ok_ = !memory.ran_out();
  return request;
}

EntryName Request::material() const {
  return entry_name(hmac_sha256(key_.view(), secrets_.view()));
}

EntryName Request::network() const {
  return entry_name(hmac_sha256(key_.view(), network_.view()));
}

void Request::add(const Input& input, std::string_view origin, std::string_view name,
                  std::string_view given, bool has_client_id, const Cache& cache) {
  if (given.empty()) return;
  Text value;
  if (const char* kept = kept_in_variable(input, given)) {
    value.append(kept);
  } else if (names_a_path(input.name(), given)) {
    absolute_ = append_absolute(value, given) && absolute_;
  } else {
    value.append(given);
  }
  Text key(origin);
  key.append(name);
  switch (input.input_class) {
    case InputClass::selecting:
      append_field(selecting_, key.view(), value.view());
      return;
    case InputClass::network:
      append_prefixed(network_, "network.", key.view(), value.view());
      return;
    case InputClass::local:
      return;
    case InputClass::deciding:
    case InputClass::assertion:
      if (input.input_class == InputClass::deciding || !has_client_id)
        append_prefixed(selecting_, "digest.", key.view(), cache.name(value.view()).view());
      [[fallthrough]];
    case InputClass::material:
      append_prefixed(secrets_, "secret.", key.view(), value.view());
  }
}

// Several settings may name one; which of them counts is decided where the profile is known, too.
void Request::add_named(std::string_view variable, bool has_client_id, const Cache& cache) {
  const Input* token = find_input("oidc_token");
  if (token == nullptr || variable == token->variable(0)) return;
  for (const char c : variable)
    if (c != '_' && !(c >= '0' && c <= '9') && !(ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'))
      return;
  Text name(variable);
  if (const char* value = environment(name.c_str()))
    add(*token, "env.", variable, value, has_client_id, cache);
}

void Request::append_document(Text& out, const Options& options) const {
  append_field(out, "pglakebase-request", 1);
  out.append(selecting_.view()).append(secrets_.view()).append(network_.view());
  append_field(out, "option.service", service_.view());
  append_field(out, "option.cache", cache_path_.view());
  append_field(out, "option.material", material().view());
  append_field(out, "option.network", network().view());
  append_field(out, "option.issued_after_ms", options.issued_after_ms);
  append_field(out, "option.need_user", static_cast<std::int64_t>(options.need_user));
  append_field(out, "option.min_life_ms", options.min_life_ms);
  append_field(out, "option.refresh_before_ms", refresh_before_ms_);
  append_field(out, "option.deadline_ms", options.deadline_ms);
  if (options.check_hosts) append_field(out, "option.check_hosts", 1);
  append_field(out, "end", 1);
}

}  // namespace pglakebase

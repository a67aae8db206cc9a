// From a section to the helper: hosts, variables `NAME=value` up to an empty line, then directives
// `key=value`. What the library writes is what the helper reads.
#include "pglakebase/core/request.hpp"

#include <algorithm>
#include <vector>

#include "fuzz.hpp"
#include "pglakebase/config/request_document.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/inputs.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase::fuzz {
namespace {

// Variables of inputs alone, so that no run changes how this process works.
bool is_input(std::string_view name) {
  char buffer[64];
  std::string_view variable;
  for (const Input& input : inputs())
    for (std::size_t n = 0; input_variable(input, n, buffer, variable); ++n)
      if (variable == name) return true;
  return false;
}

std::vector<std::string> set_variables(std::string_view& rest) {
  std::vector<std::string> names;
  for (std::string_view line = take_line(rest); !line.empty(); line = take_line(rest)) {
    std::string_view name;
    take_until(line, '=', name);
    if (!is_input(name)) continue;
    names.emplace_back(name);
    ::setenv(names.back().c_str(), c_string(line).c_str(), 1);
  }
  return names;
}

}  // namespace

void run(std::string_view input) {
  const std::string hosts = c_string(take_line(input));
  const std::vector<std::string> variables = set_variables(input);
  Directives directives;
  for (std::string_view line = take_line(input); !line.empty(); line = take_line(input)) {
    std::string_view key;
    take_until(line, '=', key);
    if (find_input(key) != nullptr) directives.add(key, line);
  }
  const Cache none = Cache::open_at("");
  const Request request = Request::build(hosts, "service", directives, none);
  const Request same = Request::build(hosts, "service", directives, none);
  for (const std::string& name : variables) ::unsetenv(name.c_str());
  FUZZ_CHECK(request.ok() && same.selecting() == request.selecting());
  FUZZ_CHECK(same.name().view() == request.name().view());

  Text document;
  request.append_document(document, {});
  if (hosts.empty() || document.size() > k_request_document_limit) return;
  const RequestDocument read = RequestDocument::parse(document.view());
  FUZZ_CHECK(read.selecting == request.selecting());
  FUZZ_CHECK(read.material == request.material().view());
  FUZZ_CHECK(read.network_digest == request.network().view());
  FUZZ_CHECK(read.refresh_before_ms == request.refresh_before_ms());
  FUZZ_CHECK(read.refresh_before_ms >= 0 && read.refresh_before_ms <= 86'400'000);
  std::string_view rest = hosts;
  std::string_view host;
  for (std::size_t i = 0; take_until(rest, ',', host); ++i) {
    Text normal;
    append_normal_host(normal, host);
    FUZZ_CHECK(i < read.hosts.size() && read.hosts[i] == normal.view());
  }
  // No secret in what names the request, or in a file: its digest alone.
  for (const auto& [name, value] : read.directives) {
    const Input* given = find_input(name);
    FUZZ_CHECK(given != nullptr && given->input_class != InputClass::local);
    const bool secret =
        given->input_class != InputClass::selecting && given->input_class != InputClass::network;
    if (secret && value.size() > 16)
      FUZZ_CHECK(read.selecting.find("directive." + name + "=" + value) == std::string::npos);
  }
}

}  // namespace pglakebase::fuzz

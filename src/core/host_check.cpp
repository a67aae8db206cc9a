#include "pglakebase/core/host_check.hpp"

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/helper_process.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/locate.hpp"
#include "pglakebase/core/record.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Somebody waits to be told that the login failed; the next one may be told why.
constexpr std::int64_t k_patience_ms = 2'000;
constexpr std::int64_t k_helper_life_ms = 15'000;

// Names of one endpoint, pooled or not, differ behind their first label at most.
bool names(const HostCheck& check, std::string_view host) {
  std::string_view rest = check.hosts.view();
  std::string_view line;
  while (take_until(rest, '\n', line))
    if (!line.empty() && equals_ignoring_case(host_label(line), host_label(host))) return true;
  return false;
}

bool read_standing(const Cache& cache, const Request& request, HostCheck& check) {
  Text text;
  return cache.read(k_kind_hosts, request.name(), text) && check.parse(text.view()) &&
         check.stands_at(wall_clock_ms());
}

bool have_it_looked_at(const Cache& cache, const Request& request, HostCheck& check) {
  Text helper;
  if (!locate_helper(helper)) return false;
  HostCheck begun;
  begun.at_ms = wall_clock_ms();
  Text note;
  begun.append_record(note);
  // Without a note in the cache every login that fails would ask.
  if (!note.ok() || !cache.write(k_kind_hosts, request.name(), note.view())) return false;
  Request::Options options;
  options.deadline_ms = k_helper_life_ms;
  options.check_hosts = true;
  Text document;
  request.append_document(document, options);
  Text reply;
  return document.ok() &&
         run_helper(helper.c_str(), document.view(), monotonic_ms() + k_patience_ms, reply) ==
             HelperEnd::finished &&
         check.parse(reply.view());
}

}  // namespace

bool HostCheck::parse(std::string_view record) {
  Record fields;
  if (!fields.parse(record, k_kind_hosts)) return false;
  sentence.assign(fields.get("sentence"));
  at_ms = fields.number("at_ms", 0);
  done = fields.number("done", 0) != 0;
  hosts.clear();
  std::size_t position = 0;
  std::string_view key;
  std::string_view value;
  while (fields.next(position, key, value))
    if (key == "host") hosts.append(value).append_char('\n');
  return sentence.ok() && hosts.ok() && at_ms > 0;
}

void HostCheck::append_record(Text& out) const {
  Record::begin(out, k_kind_hosts);
  append_field(out, "at_ms", at_ms);
  append_field(out, "done", std::int64_t{done});
  if (!sentence.empty()) append_field(out, "sentence", sentence.view());
  std::string_view rest = hosts.view();
  std::string_view line;
  while (take_until(rest, '\n', line))
    if (!line.empty()) append_field(out, "host", line);
  Record::finish(out);
}

bool append_host_trouble(Text& out, const Cache& cache, const Request& request,
                         std::string_view host) {
  if (!cache.valid() || host_kind(host) == HostKind::other) return false;
  HostCheck check;
  if (!read_standing(cache, request, check) && !have_it_looked_at(cache, request, check))
    return false;
  if (check.sentence.empty() || !names(check, host)) return false;
  out.append(check.sentence.view());
  return true;
}

}  // namespace pglakebase

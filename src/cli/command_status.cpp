#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pglakebase/cli/cache_entries.hpp"
#include "pglakebase/cli/command_error.hpp"
#include "pglakebase/cli/commands.hpp"
#include "pglakebase/cli/json.hpp"
#include "pglakebase/cli/output.hpp"
#include "pglakebase/cli/target.hpp"
#include "pglakebase/cli/time_text.hpp"
#include "pglakebase/core/clock.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_short_name = 8;

// A service whose request, in this environment, has the entry's name.
struct KnownService {
  std::string name;
  EntryName request;
  std::int64_t refresh_before_ms = 0;
};

std::vector<KnownService> known_services(const Cache& cache) {
  std::vector<KnownService> services;
  ServiceSections sections;
  ServiceSection section;
  while (sections.next(section)) {
    KnownService service;
    service.name = section.name.view();
    const bool seen = std::any_of(services.begin(), services.end(), [&](const KnownService& other) {
      return other.name == service.name;
    });
    Target target;
    if (seen || !target_of_section(std::move(section), target)) continue;
    const Request request = target.request(cache);
    service.request = request.name();
    service.refresh_before_ms = request.refresh_before_ms();
    services.push_back(std::move(service));
  }
  return services;
}

// An entry with what is said about it.
struct Shown {
  CacheEntry entry;
  std::vector<std::string> services;
  std::int64_t refresh_ms = 0;  ///< when the credential starts to be renewed
};

std::vector<Shown> gather(const Cache& cache) {
  const std::vector<KnownService> services = known_services(cache);
  std::vector<Shown> all;
  for (CacheEntry& entry : cache_entries(cache)) {
    Shown shown;
    std::int64_t refresh_before_ms = 0;
    for (const KnownService& service : services) {
      if (service.request.view() != entry.request.view()) continue;
      shown.services.push_back(service.name);
      refresh_before_ms = service.refresh_before_ms;
    }
    if (entry.has_credential)
      shown.refresh_ms = ageing_starts_ms(entry.credential.lifetime(refresh_before_ms, 0), 0);
    shown.entry = std::move(entry);
    all.push_back(std::move(shown));
  }
  return all;
}

std::string_view state(const Shown& shown, std::int64_t now) {
  if (!shown.entry.has_credential) return "none";
  now = shown.entry.credential.lifetime(0, since_boot_ms()).reckoned_ms(now);
  if (now >= shown.entry.credential.expires_ms) return "expired";
  return now >= shown.refresh_ms ? "ageing" : "fresh";
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

void add_line(std::string& out, std::string_view label, std::string_view value) {
  constexpr std::size_t width = 14;
  out += "  " + std::string(label) + std::string(width - label.size(), ' ');
  out += printable(value) + "\n";
}

std::string until(std::int64_t time_ms, std::int64_t now) {
  return time_ms > now ? "in " + span(time_ms - now) : span(now - time_ms) + " ago";
}

void add_entry(std::string& out, const Shown& shown, std::int64_t now) {
  const CacheEntry& entry = shown.entry;
  out += "\n";
  out += entry.hosts.empty()
             ? "request " + std::string(entry.request.view().substr(0, k_short_name))
             : printable(joined(entry.hosts));
  out += "\n";
  if (!shown.services.empty()) add_line(out, "service", joined(shown.services));
  if (!entry.identity.empty()) add_line(out, "identity", entry.identity.substr(0, k_short_name));
  if (entry.has_credential) {
    const Credential& credential = entry.credential;
    if (!credential.user.empty()) add_line(out, "user", credential.user.view());
    add_line(out, "obtained", until(credential.issued_ms, now));
    const bool expired = now >= credential.expires_ms;
    add_line(out, expired ? "expired" : "expires",
             until(credential.expires_ms, now) + " (" + utc_time(credential.expires_ms) + ")");
    if (!expired)
      add_line(out, "next refresh",
               now >= shown.refresh_ms ? "at the next connection" : until(shown.refresh_ms, now));
  } else {
    add_line(out, "credential", "none");
  }
  if (entry.fetching_pid != 0)
    add_line(out, "fetching",
             "since " + span(now - entry.fetching_since_ms) + ", by process " +
                 std::to_string(entry.fetching_pid));
  if (!entry.wrong_host.empty()) add_line(out, "wrong host", entry.wrong_host);
  if (entry.has_failure) {
    add_line(out, "last failure", entry.failure.sentence.view());
    add_line(out, "tried again",
             entry.failure.holds_at(now) ? until(entry.failure.not_before_ms, now)
                                         : "at the next connection");
  }
}

std::string as_text(const Cache& cache, const std::vector<Shown>& all, std::int64_t now) {
  std::string out = "cache directory: ";
  out += cache.valid() ? printable(cache.path()) : "none can be used; nothing is kept";
  out += "\n";
  if (all.empty()) out += "\nNothing is remembered: no credential and no failure.\n";
  for (const Shown& shown : all) add_entry(out, shown, now);
  return out;
}

void add_entry(JsonWriter& json, const Shown& shown, std::int64_t now) {
  const CacheEntry& entry = shown.entry;
  json.begin_object();
  json.string("request", entry.request.view().substr(0, k_short_name));
  json.begin_array("hosts");
  for (const std::string& host : entry.hosts) json.string({}, host);
  json.end_array();
  json.begin_array("services");
  for (const std::string& service : shown.services) json.string({}, service);
  json.end_array();
  json.string("state", state(shown, now));
  if (!entry.identity.empty()) json.string("identity", entry.identity.substr(0, k_short_name));
  if (entry.has_credential) {
    json.string("user", entry.credential.user.view());
    json.string("issued_at", utc_time(entry.credential.issued_ms));
    json.string("expires_at", utc_time(entry.credential.expires_ms));
    json.number("age", (now - entry.credential.issued_ms) / 1000);
    json.number("expires_in", (entry.credential.expires_ms - now) / 1000);
    json.number("refresh_in", std::max<std::int64_t>(shown.refresh_ms - now, 0) / 1000);
  }
  if (entry.fetching_pid != 0) {
    json.begin_object("fetching");
    json.number("process", entry.fetching_pid);
    json.string("since", utc_time(entry.fetching_since_ms));
    json.end_object();
  }
  if (!entry.wrong_host.empty()) {
    json.begin_object("wrong_host");
    json.string("sentence", entry.wrong_host);
    json.string("seen", utc_time(entry.wrong_host_ms));
    json.end_object();
  }
  if (entry.has_failure) {
    json.begin_object("failure");
    json.string("sentence", entry.failure.sentence.view());
    json.boolean("permanent", entry.failure.permanent);
    json.string("not_before", utc_time(entry.failure.not_before_ms));
    json.end_object();
  }
  json.end_object();
}

Text as_json(const Cache& cache, const std::vector<Shown>& all, std::int64_t now) {
  Text out;
  JsonWriter json(out);
  json.begin_object();
  if (cache.valid()) {
    json.string("cache", cache.path());
  } else {
    json.null("cache");
  }
  json.begin_array("entries");
  for (const Shown& shown : all) add_entry(json, shown, now);
  json.end_array();
  json.end_object();
  out.append_char('\n');
  return out;
}

int show_status(bool json) {
  const Cache cache = Cache::open();
  const std::vector<Shown> all = gather(cache);
  const std::int64_t now = wall_clock_ms();
  if (json) {
    const Text out = as_json(cache, all, now);
    if (!out.ok()) throw CommandError(k_exit_failed, "there is not enough memory");
    print(out.view());
  } else {
    print(as_text(cache, all, now));
  }
  return k_exit_ok;
}

}  // namespace

void add_status(CLI::App& app, Action& action) {
  CLI::App* command =
      app.add_subcommand("status", "Show what is cached: ages, next refresh, failures.");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "One JSON object for programs");
  command->footer("Reads the cache alone, without the network, and shows no secret.");
  command->callback([&action, json] { action = [json] { return show_status(*json); }; });
}

}  // namespace pglakebase

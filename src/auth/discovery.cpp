#include "pglakebase/auth/discovery.hpp"

#include <algorithm>

#include "pglakebase/core/credential.hpp"
#include "pglakebase/core/host.hpp"
#include "pglakebase/core/key_value.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

constexpr std::int64_t k_day_ms = 24LL * 3600 * 1000;
constexpr int k_most_pages = 200;
constexpr const char* k_name_it =
    "set endpoint=projects/… for its service (LAKEBASE_ENDPOINT) to do without looking it up";

std::string list_remedy(int status) {
  if (status == 403 || status == 404)
    return std::string("looking up a host needs the right to list the workspace's projects; ") +
           k_name_it;
  return "check that the identity belongs to this workspace";
}

// Part of a path that we ask next: it comes from a server.
bool is_path(std::string_view text, std::string_view parent) {
  return text.starts_with(parent) && text.size() < 512 &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == '~' || c == '/';
         });
}

std::string text_of(const json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

bool serves(const json& endpoint, const std::string& host) {
  if (text_of(endpoint, "uid") == host_label(host)) return true;
  const auto status = endpoint.find("status");
  if (status == endpoint.end() || !status->is_object()) return false;
  const auto hosts = status->find("hosts");
  if (hosts == status->end() || !hosts->is_object()) return false;
  return std::any_of(hosts->begin(), hosts->end(), [&](const json& value) {
    return value.is_string() && equals_ignoring_case(value.get_ref<const std::string&>(), host);
  });
}

// A part that we may not see, or that is just being deleted, hides nothing but itself.
bool skipping_hidden(const std::function<bool()>& visit) {
  try {
    return visit();
  } catch (const AuthError& error) {
    if (error.status() == 403 || error.status() == 404) return false;
    throw;
  }
}

[[noreturn]] void throw_not_found(const std::string& host, const Settings& settings) {
  throw AuthError("no database of " + host + " was found in " + settings.workspace() + " (from " +
                      settings.workspace_origin() +
                      "); check that this is its workspace and that the identity may list its "
                      "projects, or " +
                      k_name_it,
                  true, AuthError::k_permanent_hold_ms);
}

}  // namespace

Target Discovery::find(const Target& host) {
  std::optional<Target> found = look(host);
  if (!found) throw_not_found(host.name, api_.settings());
  return *std::move(found);
}

std::optional<Target> Discovery::look(const Target& host, std::string_view near) {
  std::optional<Target> found = remembered(host);
  from_memory_ = found.has_value();
  if (from_memory_) return found;
  found = host_kind(host.name) == HostKind::provisioned ? find_instance(host.name)
                                                        : find_endpoint(host.name, near);
  if (found) remember(host, *found);
  return found;
}

bool Discovery::forget(const Target& host) {
  if (!from_memory_) return false;
  cache_.remove(k_kind_endpoint, name(host));
  return true;
}

// instance-<uuid> and, for its read-only twin, instance-ro-<uuid>.
std::optional<Target> Discovery::find_instance(const std::string& host) {
  std::string_view uid = host_label(host);
  uid.remove_prefix(std::string_view("instance-").size());
  if (uid.starts_with("ro-")) uid.remove_prefix(3);
  const Call call{"the instance of " + host, api_.settings().workspace()};
  try {
    const json answer =
        api_.get("/api/2.0/database/instances:findByUid?uid=" + percent_encoded(uid), call.what,
                 list_remedy)
            .json;
    return Target{Target::Kind::instance, string_field(answer, "name", call),
                  "the name of " + host};
  } catch (const AuthError& error) {
    if (error.status() == 404) return {};
    throw;
  }
}

std::optional<Target> Discovery::find_endpoint(const std::string& host, std::string_view near) {
  const std::string base = "/api/2.0/postgres/";
  std::string name;
  const auto try_endpoint = [&](const json& endpoint) {
    if (!endpoint.is_object() || !serves(endpoint, host)) return false;
    name = text_of(endpoint, "name");
    return is_path(name, "projects/");
  };
  const auto try_branch = [&](const json& branch) {
    const std::string path = text_of(branch, "name");
    return is_path(path, "projects/") && skipping_hidden([&] {
             return any_of_list(base + path + "/endpoints", "endpoints", try_endpoint);
           });
  };
  const auto try_branches_of = [&](const std::string& project) {
    return is_path(project, "projects/") && skipping_hidden([&] {
             return any_of_list(base + project + "/branches", "branches", try_branch);
           });
  };
  const std::string first(near.substr(0, near.find("/branches/")));
  const auto try_project = [&](const json& project) {
    const std::string path = text_of(project, "name");
    return path != first && try_branches_of(path);
  };
  if (!try_branches_of(first) && !any_of_list(base + "projects", "projects", try_project))
    return {};
  return Target{Target::Kind::endpoint, name, "the name of " + host};
}

json Discovery::list_page(const std::string& path, const char* list) {
  const std::string what = std::string("the list of ") + list;
  if (calls_left_-- <= 0)
    throw AuthError("asking for " + what + " would take too many calls; " + k_name_it, false, 0);
  return api_.get(path, what, list_remedy).json;
}

// Calls `visit` with every object of a paged list until it returns true.
bool Discovery::any_of_list(const std::string& path, const char* list,
                            const std::function<bool(const json&)>& visit) {
  std::string page;
  for (int pages = 0; pages < k_most_pages; ++pages) {
    std::string query = "?page_size=100";
    if (!page.empty()) query += "&page_token=" + percent_encoded(page);
    const json answer = list_page(path + query, list);
    const auto items = answer.find(list);
    if (items != answer.end() && items->is_array())
      for (const json& item : *items)
        if (visit(item)) return true;
    page = text_of(answer, "next_page_token");
    if (page.empty()) return false;
  }
  return false;
}

EntryName Discovery::name(const Target& host) const {
  Text text;
  text.append("endpoint\n");
  append_field(text, "workspace", api_.settings().workspace());
  append_field(text, "workspace_id", api_.settings().workspace_id());
  append_field(text, "host", host.name);
  return cache_.name(text.view());
}

std::optional<Target> Discovery::remembered(const Target& host) const {
  Text text;
  Record record;
  if (!cache_.read(k_kind_endpoint, name(host), text) ||
      !record.parse(text.view(), k_kind_endpoint) || record.get("host") != host.name)
    return {};
  const std::int64_t age_ms = clock_.wall_ms() - record.number("found_ms", 0);
  if (age_ms < 0 || age_ms > k_day_ms) return {};
  const std::string_view endpoint = record.get("endpoint");
  const std::string_view instance = record.get("instance");
  if (endpoint.empty() == instance.empty()) return {};
  Target found;
  found.kind = endpoint.empty() ? Target::Kind::instance : Target::Kind::endpoint;
  found.name = endpoint.empty() ? instance : endpoint;
  found.origin = "the name of " + host.name;
  return found;
}

void Discovery::remember(const Target& host, const Target& found) const {
  Text text;
  Record::begin(text, k_kind_endpoint);
  append_field(text, "host", host.name);
  append_field(text, found.kind == Target::Kind::endpoint ? "endpoint" : "instance", found.name);
  append_field(text, "found_ms", clock_.wall_ms());
  Record::finish(text);
  if (text.ok()) cache_.write(k_kind_endpoint, name(host), text.view());
}

}  // namespace pglakebase

#include "search_path.hpp"

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// The server takes backslashes away and reads "-" as "_"; the case of a setting's name does not
// count.
bool names_search_path(std::string_view options) {
  constexpr std::string_view name = "search_path";
  std::size_t matched = 0;
  for (const char c : options) {
    if (c == '\\') continue;
    const char read = c == '-' ? '_' : ascii_lower(c);
    // An 's' stands nowhere else in the name.
    matched = read == name[matched] ? matched + 1 : (read == name[0] ? 1 : 0);
    if (matched == name.size()) return true;
  }
  return false;
}

// One that has nothing behind it means nothing, but would quote the blank that is to follow.
void drop_open_backslash(Text& options) {
  const std::size_t before = options.view().find_last_not_of('\\') + 1;
  if ((options.size() - before) % 2 != 0) options.resize(options.size() - 1);
}

}  // namespace

void append_schema(Text& out, DirectiveView directives, std::string_view user) {
  const std::string_view wanted = directives.get("schema");
  if (wanted == "per-developer") {
    const std::string_view prefix = directives.get("schema_prefix");
    out.append(prefix);
    if (!prefix.empty()) out.append_char('_');
    out.append(slice(user, 0, user.find('@')));
  } else if (!wanted.empty()) {
    out.append(wanted);
  } else if (const char* schema = environment("PGSCHEMA")) {
    out.append(schema);
  } else if (const char* other = environment("LAKEBASE_SCHEMA")) {
    out.append(other);
  }
}

bool append_search_path(Text& options, std::string_view schema) {
  if (schema.empty() || names_search_path(options.view())) return false;
  drop_open_backslash(options);
  if (!options.empty()) options.append_char(' ');
  options.append("-c search_path=\"");
  for (const char c : schema) {
    // Quotes are doubled inside an identifier; the server splits options at blanks, which a
    // backslash prevents (pg_split_opts() in postinit.c).
    if (c == '"') options.append_char('"');
    if (c == '\\' || c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f')
      options.append_char('\\');
    options.append_char(c);
  }
  options.append_char('"');
  return options.ok();
}

}  // namespace pglakebase

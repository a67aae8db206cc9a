#include "search_path.hpp"

#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {

void append_schema(Text& out, const Directives& directives, std::string_view user) {
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
  if (schema.empty() || options.view().find("search_path") != std::string_view::npos) return false;
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

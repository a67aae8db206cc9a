#pragma once

#include <string_view>

#include "pglakebase/core/directives.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The schema that sessions are to begin in: the directive `schema`, PGSCHEMA, LAKEBASE_SCHEMA;
/// with `schema=per-developer`, `<schema_prefix>_<user up to the @>`. Empty if none is wanted.
void append_schema(Text& out, DirectiveView directives, std::string_view user);

/// Appends to libpq's `options` a search_path of that one schema, whatever characters its name has,
/// unless a search_path stands there already. False if nothing was to be appended.
bool append_search_path(Text& options, std::string_view schema);

}  // namespace pglakebase

#pragma once

namespace pglakebase {

/// Some applications have names of their own for what libpq reads: LAKEBASE_HOSTNAME and
/// LAKEBASE_DATABASE. Sets PGHOST and PGDATABASE by them, where those are unset. An application set
/// up in that way (USE_LAKEBASE=true, or KEY_VAULT_NAME) that lacks some of its settings has them
/// all named at once: throws CommandError.
void take_over_application_names();

}  // namespace pglakebase

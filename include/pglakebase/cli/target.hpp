#pragma once

#include <string>
#include <string_view>

#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/request.hpp"
#include "pglakebase/core/service_file.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What a credential is for: a service, or a host that may have a section with directives.
struct Target {
  ServiceSection section;   ///< without a name if no section counts
  bool by_service = false;  ///< the section's own connection settings count, then the environment's
  Text hosts;               ///< libpq's list
  bool several_sections = false;  ///< with directives, so that none counts

  /// The service's name, else the hosts: for sentences.
  std::string_view shown() const { return by_service ? section.name.view() : hosts.view(); }
  std::string user() const;  ///< empty if only the identity says it
  std::string ports() const;
  std::string dbname() const;
  Request request(const Cache& cache) const;
};

/// `wanted` is a section of the service file or a host. Empty: PGSERVICE, else PGHOST if it leads
/// to a Lakebase, else the only section with directives (or, where none has any, with a Lakebase
/// host). Throws CommandError with k_exit_not_configured if that gives no Lakebase.
Target find_target(std::string_view wanted);

/// For a program that is about to start: `service` (may be empty), PGSERVICE, PGHOST. False when
/// they do not tell that the program will need a credential of ours. Throws CommandError for
/// settings that must fail.
bool find_expected_target(std::string_view service, Target& target);

/// The target of a listed section, if it leads to a Lakebase and may be used.
bool target_of_section(ServiceSection&& section, Target& target);

}  // namespace pglakebase

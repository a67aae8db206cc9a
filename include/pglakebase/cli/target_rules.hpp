#pragma once

#include <string>
#include <string_view>

#include "pglakebase/cli/target.hpp"

/// What makes a service or host a Lakebase that can be signed in to: the library's own rules, with
/// sentences for people.
namespace pglakebase {

/// Ends the command with k_exit_not_configured.
[[noreturn]] void not_configured(const std::string& sentence);

/// In quotation marks.
std::string quoted(std::string_view text);

/// The first host of the list that leads to no Lakebase, as far as its name and the section tell;
/// empty if all do.
std::string_view foreign_host(std::string_view hosts, const ServiceSection& section);

/// Throws CommandError for every reason why there is nothing to sign in to.
void check(const Target& target);

/// Puts the endpoints' own hosts in the place of their poolers', if the service says so.
void pass_by_pooler(Target& target);

/// Would the library, too, leave the password to libpq?
bool is_left_to_libpq(const Target& target);

}  // namespace pglakebase

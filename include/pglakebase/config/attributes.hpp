#pragma once

#include <string_view>

namespace pglakebase {

/// Ways to sign in that exclude each other where no auth_type chooses (databricks-sdk-go,
/// config/config.go: the `auth` tags). Empty: an attribute that says nothing of the kind.
using AuthFamily = std::string_view;

/// The input (core/inputs.hpp) that a key of ~/.databrickscfg sets; empty for keys that mean
/// nothing to us.
std::string_view input_of_profile_key(std::string_view key);

AuthFamily auth_family(std::string_view input);

/// The family whose attributes an auth_type uses; empty for those that use none.
AuthFamily family_of_auth_type(std::string_view auth_type);

/// Is it a secret, that may go to one workspace only?
bool is_secret(std::string_view input);

}  // namespace pglakebase

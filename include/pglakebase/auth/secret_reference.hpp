#pragma once

#include <string_view>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// A secret setting may say where the secret is kept instead of being it:
///
///   env:NAME                     a variable (the library reads it, where the program runs)
///   file:PATH                    a file, which nobody else may write to
///   command:PROGRAM ARGUMENT …   what a program prints: no shell; quotes and backslash as in sh
///   keyvault:VAULT/NAME          Azure Key Vault, with the machine's own identity
///   databricks-secret:SCOPE/KEY  Databricks Secrets, signed in by another source
///
/// What is found is taken without blanks and line ends around it. Nothing is kept: what is kept is
/// the token or credential that the secret leads to.

/// Does the setting's value have the form of one?
bool is_secret_reference(std::string_view value);

/// The secret itself. Throws AuthError or ConfigError, whose text names the reference and never
/// what it led to.
Secret reveal_secret(const SourceContext& context, const Setting& setting);

/// The same of a setting that is there.
Secret reveal_secret(const SourceContext& context, std::string_view input);

}  // namespace pglakebase

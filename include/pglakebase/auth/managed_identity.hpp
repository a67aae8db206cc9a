#pragma once

#include <functional>
#include <string_view>
#include <variant>

#include "pglakebase/auth/credential_source.hpp"

namespace pglakebase {

/// The identity that Azure gives to the machine, app or container that we run in. Which service
/// hands out its tokens is told by variables that the platform sets, in the order of MSAL: App
/// Service (also Functions and Container Apps), its older kind (also Azure ML), Cloud Shell, Azure
/// Arc, and else the metadata service of a virtual machine.

/// Does a setting say that the identity is to be used (azure_use_msi, use_managed_identity)?
bool uses_managed_identity(const Settings& settings);

/// A copy without what `elsewhere` says true of, nor with a managed identity whose own secret that
/// is: whoever looks for that secret is somebody else.
Settings without_secrets(const Settings& settings,
                         const std::function<bool(const Setting& setting)>& elsewhere);

/// Whom managed_identity_token() will sign in as: no call is made. Throws ConfigError where what is
/// set contradicts the service that is there.
Principal managed_identity_principal(const Settings& settings);

/// A token for `resource` (an application id or URL). `expected`: a setting says that there is such
/// an identity, so that its absence is a failure; else it is NotConfigured. Throws AuthError,
/// ConfigError.
std::variant<NotConfigured, WorkspaceToken> managed_identity_token(const SourceContext& context,
                                                                   std::string_view resource,
                                                                   bool expected);

}  // namespace pglakebase

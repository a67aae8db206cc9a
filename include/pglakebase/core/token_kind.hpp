#pragma once

#include <string_view>

namespace pglakebase {

/// What a password is, as far as its text tells.
enum class TokenKind : unsigned char {
  other,     ///< no token that Databricks makes
  jwt,       ///< an OAuth token; a database credential looks like this
  workspace  ///< opens the workspace's API, and never a database: a PAT, or an OAuth token for it
};

/// A PAT is known by its shape (`dapi` and hexadecimal digits), an OAuth token for the workspace by
/// the scope `all-apis` among its claims, which no database credential has. Nothing is verified:
/// what is taken for a workspace's token is shown to nobody but the workspace, which judges it.
TokenKind token_kind(std::string_view password);

}  // namespace pglakebase

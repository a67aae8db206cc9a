#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/workspace_tokens.hpp"

namespace pglakebase {

/// The workspace's REST API, called with a workspace token.
class WorkspaceApi {
 public:
  // nlohmann_json asserts its own invariants in a move, which the check takes for a throw.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  struct Answer {
    nlohmann::json json;                   ///< an object
    std::int64_t date_s = 0;               ///< the server's clock in s since 1970; 0 if not told
    std::int64_t asked_ms = 0;             ///< our clock before the call
    std::int64_t asked_since_boot_ms = 0;  ///< the same moment by the clock that nobody sets
    std::int64_t answered_ms = 0;          ///< our clock after it
  };

  WorkspaceApi(const SourceContext& context, WorkspaceTokens& tokens)
      : context_(context), tokens_(tokens) {}

  /// `path` begins with a slash and may hold a query; `what` completes "asking for …". A token from
  /// the cache that is refused is replaced once. Throws AuthError and what WorkspaceTokens::get()
  /// throws.
  Answer get(const std::string& path, const std::string& what,
             const std::function<std::string(int)>& remedy);
  Answer post(const std::string& path, const nlohmann::json& body, const std::string& what,
              const std::function<std::string(int)>& remedy);

  const Settings& settings() const { return context_.settings; }

 private:
  Answer send(HttpRequest request, const std::string& what,
              const std::function<std::string(int)>& remedy);

  const SourceContext& context_;
  WorkspaceTokens& tokens_;
};

}  // namespace pglakebase

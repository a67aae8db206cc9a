#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "fake_clock.hpp"
#include "fake_http.hpp"
#include "pglakebase/auth/credential_source.hpp"
#include "pglakebase/auth/workspace_api.hpp"
#include "pglakebase/auth/workspace_tokens.hpp"
#include "temp_dir.hpp"

namespace pglakebase::test {

inline constexpr const char* k_token_url = "https://w/oidc/v1/token";
inline constexpr const char* k_credentials_url = "https://w/api/2.0/postgres/credentials";
inline constexpr const char* k_token_reply =
    R"({"access_token":"ws-token","token_type":"Bearer","expires_in":3600})";

/// A source that returns, declines or throws on demand.
class FakeSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "fake"; }
  std::variant<NotConfigured, Principal> identify(const SourceContext&) const override {
    return Principal{"someone", user};
  }
  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    ++gets;
    if (!declines.empty()) return NotConfigured{declines};
    WorkspaceToken token;
    token.token = Secret("token-" + std::to_string(gets));
    token.issued_ms = context.clock.wall_ms();
    token.expires_ms = life_ms == 0 ? 0 : token.issued_ms + life_ms;
    token.headers = headers;
    return token;
  }

  std::string user;
  std::string declines;
  std::vector<WorkspaceToken::Header> headers;
  std::int64_t life_ms = 3'600'000;
  mutable int gets = 0;
};

/// A cache, a fake server and settings from a few variables.
class SignInTest : public testing::Test {
 protected:
  SignInTest() {
    request_.hosts = {"ep-a-b-c1.database.us-east-1.cloud.databricks.com"};
    set("DATABRICKS_HOST", "https://w");
  }

  void set(const std::string& variable, const std::string& value) {
    std::erase_if(request_.environment, [&](const auto& e) { return e.name == variable; });
    if (!value.empty()) request_.environment.push_back({variable, value});
    settings_ = Settings::resolve(request_);
  }
  void direct(const std::string& directive, const std::string& value) {
    request_.directives.push_back({directive, value});
    settings_ = Settings::resolve(request_);
  }

  SourceContext context() { return {settings_, cache_, http_, clock_}; }

  TempDir dir_;
  Cache cache_ = Cache::open_at(dir_ / "cache");
  FakeClock clock_;
  FakeHttp http_;
  RequestDocument request_;
  Settings settings_;
};

/// With a way to call the workspace's API.
class ApiTest : public SignInTest {
 protected:
  WorkspaceApi& api() {
    if (!api_) {
      context_.emplace(context());
      tokens_.emplace(*context_, source_, Principal{"someone", ""}, 0);
      api_.emplace(*context_, *tokens_);
    }
    return *api_;
  }

  FakeSource source_;

 private:
  std::optional<SourceContext> context_;
  std::optional<WorkspaceTokens> tokens_;
  std::optional<WorkspaceApi> api_;
};

/// The AuthError that `call` throws; fails the test if it throws none.
template <typename Call>
AuthError auth_error(Call&& call) {
  try {
    call();
  } catch (const AuthError& error) {
    return error;
  }
  ADD_FAILURE() << "no AuthError was thrown";
  return {"", false, 0};
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace pglakebase::test

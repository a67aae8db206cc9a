#include "pglakebase/cli/credential_format.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

ShownCredential example() {
  ShownCredential credential;
  credential.token = "token";
  credential.user = "user";
  credential.hosts = "a.example";
  credential.ports = "5432";
  credential.dbname = "db";
  credential.expires_ms = 1'000'000'000'000;
  return credential;
}

std::string pgpass(const ShownCredential& credential) {
  Text out;
  append_pgpass(out, credential);
  return std::string(out.view());
}

std::string uri(const ShownCredential& credential) {
  Text out;
  append_uri(out, credential);
  return std::string(out.view());
}

std::string json(const ShownCredential& credential, std::int64_t now_ms) {
  Text out;
  append_json(out, credential, now_ms);
  return std::string(out.view());
}

TEST(CredentialFormat, Pgpass) {
  EXPECT_EQ(pgpass(example()), "a.example:5432:db:user:token\n");
}

TEST(CredentialFormat, PgpassEscapesColonAndBackslashInEveryField) {
  ShownCredential credential = example();
  credential.hosts = "::1";
  credential.dbname = "d\\b";
  credential.user = "u:";
  credential.token = ":\\t";
  EXPECT_EQ(pgpass(credential), "\\:\\:1:5432:d\\\\b:u\\::\\:\\\\t\n");
}

TEST(CredentialFormat, PgpassHasALineForEachHost) {
  ShownCredential credential = example();
  credential.hosts = "a,b,c";
  EXPECT_EQ(pgpass(credential),
            "a:5432:db:user:token\nb:5432:db:user:token\nc:5432:db:user:token\n");
  credential.ports = "1,2,3";
  EXPECT_EQ(pgpass(credential), "a:1:db:user:token\nb:2:db:user:token\nc:3:db:user:token\n");
}

TEST(CredentialFormat, UriLeavesUnreservedCharactersAlone) {
  ShownCredential credential = example();
  credential.user = "AZaz09-._~";
  EXPECT_EQ(uri(credential),
            "postgresql://AZaz09-._~:token@a.example:5432/db?sslmode=verify-full\n");
}

TEST(CredentialFormat, UriEncodesAllOthers) {
  ShownCredential credential = example();
  credential.user = "j@x";
  credential.token = "a:/?#[]%+& \xc3\xbc";
  credential.dbname = "d/b";
  EXPECT_EQ(uri(credential),
            "postgresql://j%40x:a%3A%2F%3F%23%5B%5D%25%2B%26%20%C3%BC@a.example:5432/d%2Fb"
            "?sslmode=verify-full\n");
}

TEST(CredentialFormat, UriOfSeveralHosts) {
  ShownCredential credential = example();
  credential.hosts = "a,b";
  credential.ports = "1,2";
  EXPECT_EQ(uri(credential), "postgresql://user:token@a:1,b:2/db?sslmode=verify-full\n");
}

TEST(CredentialFormat, JsonHasTheTimeLeftInWholeSeconds) {
  EXPECT_EQ(json(example(), 999'999'998'001),
            R"({"token":"token","user":"user","host":"a.example","port":5432,"dbname":"db",)"
            R"("expires_at":"2001-09-09T01:46:40Z","expires_in":1})"
            "\n");
}

TEST(CredentialFormat, JsonPortIsANumberWhereOneIsMeant) {
  ShownCredential credential = example();
  credential.ports = "7,7";
  EXPECT_NE(json(credential, 0).find("\"port\":7,"), std::string::npos);
  credential.ports = "7,8";
  EXPECT_NE(json(credential, 0).find("\"port\":\"7,8\","), std::string::npos);
}

}  // namespace
}  // namespace pglakebase

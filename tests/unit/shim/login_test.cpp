#include "login.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "plan.hpp"

namespace pglakebase {
namespace {

Plan some_plan() {
  Plan plan;
  plan.target.hosts.assign("a,b");
  plan.target.service.assign("orders");
  plan.target.section.directives.add("schema", "s");
  plan.roots.hostaddrs.assign("127.0.0.1");
  plan.roots.ports.assign("5432");
  plan.roots.bundle.assign("/bundle");
  plan.roots.learned.assign("/learned");
  plan.tls.sslmode.assign("verify-full");
  plan.tls.sslrootcert.assign("/root");
  plan.user.assign("ann");
  plan.options.assign("-c geqo=off");
  plan.connect_timeout_s = 7;
  plan.user_missing = true;
  plan.has_gssencmode = true;
  return plan;
}

Credential some_credential() {
  Credential credential;
  credential.token.assign("token");
  credential.user.assign("ann@example.com");
  credential.issued_ms = 1;
  credential.expires_ms = 2;
  credential.issued_since_boot_ms = 3;
  return credential;
}

void expect_whole(const Login& login) {
  const std::string_view expected[] = {"a,b",         "",
                                       "127.0.0.1",   "5432",
                                       "orders",      {"schema\0s\0", 9},
                                       "ann",         "-c geqo=off",
                                       "verify-full", "/root",
                                       "/bundle",     "/learned",
                                       "token",       "ann@example.com"};
  static_assert(std::size(expected) == Login::k_parts);
  for (unsigned part = 0; part < Login::k_parts; ++part) {
    EXPECT_EQ(login.get(static_cast<Login::Part>(part)), expected[part]) << part;
    EXPECT_STREQ(login.c_str(static_cast<Login::Part>(part)), std::string(expected[part]).c_str());
  }
  EXPECT_EQ(login.all_directives().get("schema"), "s");
  EXPECT_EQ(login.times().issued_ms, 1);
  EXPECT_EQ(login.times().expires_ms, 2);
  EXPECT_EQ(login.times().issued_since_boot_ms, 3);
  EXPECT_EQ(login.refresh_before_ms(), 5);
  EXPECT_EQ(login.connect_timeout_s(), 7);
  EXPECT_TRUE(login.user_missing());
  EXPECT_FALSE(login.dbname_missing());
  EXPECT_TRUE(login.has_gssencmode());
}

TEST(Login, HasAllThatWasPlanned) {
  expect_whole(Login(some_plan(), some_credential(), 5));
}

TEST(Login, IsTheSameFromItsBytes) {
  const Login first(some_plan(), some_credential(), 5);
  expect_whole(Login(Text(first.bytes())));
}

TEST(Login, NothingButTheTokenIsWiped) {
  Login login(some_plan(), some_credential(), 5);
  login.wipe_token();
  EXPECT_EQ(login.get(Login::token), std::string(5, '\0'));
  EXPECT_EQ(login.get(Login::learned_roots), "/learned");
  EXPECT_EQ(login.get(Login::tokens_user), "ann@example.com");
  Login empty;
  empty.wipe_token();
  EXPECT_EQ(empty.get(Login::token), "");
}

TEST(Login, AnEmptyOneHasNothing) {
  const Login login;
  EXPECT_EQ(login.get(Login::hosts), "");
  EXPECT_STREQ(login.c_str(Login::token), "");
  EXPECT_EQ(login.times().issued_ms, 0);
}

}  // namespace
}  // namespace pglakebase

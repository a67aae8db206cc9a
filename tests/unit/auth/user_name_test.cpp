#include "pglakebase/auth/user_name.hpp"

#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::auth_error;

constexpr const char* k_me_url = "https://w/api/2.0/preview/scim/v2/Me?attributes=userName";

class UserNameTest : public test::ApiTest {
 protected:
  std::string ask() {
    const SourceContext context = this->context();
    return UserName(context, source_, {"someone", ""}).ask(api());
  }
  std::string remembered(const std::string& principal = "someone") {
    const SourceContext context = this->context();
    return UserName(context, source_, {principal, ""}).remembered();
  }
};

TEST_F(UserNameTest, IsAskedForOnceADay) {
  http_.reply("GET", k_me_url, 200, R"({"userName":"dev@example.com"})");
  EXPECT_EQ(remembered(), "");
  EXPECT_EQ(ask(), "dev@example.com");
  EXPECT_EQ(remembered(), "dev@example.com");
  EXPECT_EQ(remembered("another"), "");
  clock_.advance(25 * 3600 * 1000);
  EXPECT_EQ(remembered(), "");
}

TEST_F(UserNameTest, IsAName) {
  for (const std::string body : {"{}", R"({"userName":1})", R"({"userName":""})",
                                 R"({"userName":"a\nb"})", R"({"userName":"a\u0000b"})"}) {
    test::FakeHttp fresh;
    std::swap(http_, fresh);
    http_.reply("GET", k_me_url, 200, body);
    auth_error([&] { ask(); });
  }
  EXPECT_EQ(remembered(), "");
}

}  // namespace
}  // namespace pglakebase

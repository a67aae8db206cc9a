#include "pglakebase/auth/workspace_api.hpp"

#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::auth_error;
using test::FakeHttp;

class WorkspaceApiTest : public test::ApiTest {
 protected:
  WorkspaceApi::Answer get() {
    return api().get("/x", "a thing", [](int) { return "do this"; });
  }
};

TEST_F(WorkspaceApiTest, SendsTheTokenAndTheWorkspaceId) {
  http_.reply("GET", "https://w/x", 200, R"({"a":1})");
  EXPECT_EQ(get().json["a"], 1);
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[0], "Authorization: Bearer token-1"));
  for (const std::string& header : http_.requests[0].headers)
    EXPECT_FALSE(header.starts_with("X-Databricks-Workspace-Id")) << header;
}

TEST_F(WorkspaceApiTest, NamesTheWorkspaceBehindASharedAddress) {
  set("DATABRICKS_WORKSPACE_ID", "77");
  http_.reply("GET", "https://w/x", 200, "{}");
  get();
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[0], "X-Databricks-Workspace-Id: 77"));
}

TEST_F(WorkspaceApiTest, ARefusedTokenFromTheCacheIsReplacedOnce) {
  {
    const SourceContext context = this->context();
    WorkspaceTokens(context, source_, {"someone", ""}, 0).get();
  }
  http_.reply("GET", "https://w/x", 401, "{}");
  http_.reply("GET", "https://w/x", 200, R"({"a":1})");
  EXPECT_EQ(get().json["a"], 1);
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[0], "Authorization: Bearer token-1"));
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[1], "Authorization: Bearer token-2"));
}

TEST_F(WorkspaceApiTest, SendsTheTokensFurtherHeadersFromTheCacheToo) {
  source_.headers = {{"X-One", Secret("1")}, {"X-Two", Secret("2: 2")}};
  {
    const SourceContext context = this->context();
    WorkspaceTokens(context, source_, {"someone", ""}, 0).get();
  }
  source_.headers.clear();
  http_.reply("GET", "https://w/x", 200, "{}");
  get();
  EXPECT_EQ(source_.gets, 1);
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[0], "X-One: 1"));
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[0], "X-Two: 2: 2"));
}

TEST_F(WorkspaceApiTest, ARefusedNewTokenIsFinal) {
  http_.reply("GET", "https://w/x", 401, "{}");
  EXPECT_EQ(auth_error([&] { get(); }).status(), 401);
  EXPECT_EQ(http_.requests.size(), 1U);
}

TEST_F(WorkspaceApiTest, BodiesThatAreNoTextAreStillJson) {
  http_.reply("POST", "https://w/x", 200, "{}");
  api().post("/x", {{"name", "\xff"}}, "a thing", [](int) { return ""; });
  EXPECT_EQ(http_.requests[0].body, "{\"name\":\"\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/auth/azure.hpp"

#include <gtest/gtest.h>

#include "pglakebase/auth/entra.hpp"
#include "pglakebase/config/config_error.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase::test {
namespace {

class AzureTest : public SignInTest {
 protected:
  AzureTest() { set("DATABRICKS_HOST", "https://adb-1.2.azuredatabricks.net"); }

  void redirect(const std::string& location, int status = 302) {
    HttpResponse response;
    response.status = status;
    response.location = location;
    http_.reply("GET", "https://adb-1.2.azuredatabricks.net/aad/auth", response);
  }
};

TEST_F(AzureTest, TheWorkspacesAddressTellsTheCloud) {
  EXPECT_EQ(azure_cloud(settings_).name, "PUBLIC");
  EXPECT_TRUE(is_azure(settings_));
  set("DATABRICKS_HOST", "https://adb-1.2.databricks.azure.us:443");
  EXPECT_EQ(azure_cloud(settings_).authority, "https://login.microsoftonline.us");
  EXPECT_TRUE(is_azure(settings_));
  set("DATABRICKS_HOST", "https://adb-1.2.databricks.azure.cn");
  EXPECT_EQ(azure_cloud(settings_).key_vault_zone, ".vault.azure.cn");
  set("DATABRICKS_HOST", "https://dbc-1.cloud.databricks.com");
  EXPECT_FALSE(is_azure(settings_));
  set("DATABRICKS_AZURE_RESOURCE_ID", "/subscriptions/1");
  EXPECT_TRUE(is_azure(settings_));
}

TEST_F(AzureTest, TheEnvironmentCountsWhereTheAddressTellsNothing) {
  set("ARM_ENVIRONMENT", "usgovernment");
  EXPECT_EQ(azure_cloud(settings_).name, "PUBLIC");
  set("DATABRICKS_HOST", "https://databricks.example.net");
  EXPECT_EQ(azure_cloud(settings_).name, "USGOVERNMENT");
  set("ARM_ENVIRONMENT", "MOON");
  EXPECT_THROW(azure_cloud(settings_), ConfigError);
}

TEST_F(AzureTest, TheTenantIsTheOneThatPeopleAreSentTo) {
  redirect(
      "https://login.microsoftonline.com/9f37a392-f0ae-4280-9796-f1864a10effc/oauth2/authorize?x");
  EXPECT_EQ(azure_tenant(context()), "9f37a392-f0ae-4280-9796-f1864a10effc");
  set("AZURE_TENANT_ID", "contoso.onmicrosoft.com");
  EXPECT_EQ(azure_tenant(context()), "contoso.onmicrosoft.com");
  EXPECT_EQ(http_.requests.size(), 1U);
}

TEST_F(AzureTest, ATenantThatIsNoneIsRefused) {
  for (const char* location : {"", "/relative/path", "https://login.microsoftonline.com",
                               "https://login.example/a%2fb/x"}) {
    redirect(location);
    EXPECT_THROW(azure_tenant(context()), AuthError) << location;
    http_ = {};
  }
  redirect("https://login.microsoftonline.com/tenant/x", 200);
  EXPECT_THROW(azure_tenant(context()), AuthError);
  set("AZURE_TENANT_ID", "a/../b");
  EXPECT_THROW(azure_tenant(context()), ConfigError);
}

TEST_F(AzureTest, SecretsGoToMicrosoftOrWhereTheirOwnPlaceSays) {
  set("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/");
  const Setting elsewhere{"secret", Level::profile, "azure_client_secret", "P in /f"};
  EXPECT_EQ(azure_authority(settings_, &elsewhere), "https://login.microsoftonline.us");
  set("AZURE_AUTHORITY_HOST", "https://login.example");
  EXPECT_THROW(azure_authority(settings_, &elsewhere), ConfigError);
  const Setting here{"secret", Level::variable, "AZURE_CLIENT_SECRET", ""};
  EXPECT_EQ(azure_authority(settings_, &here), "https://login.example");
  for (const char* bad : {"http://login.example", "https://a@b", "https://login.example/path"}) {
    set("AZURE_AUTHORITY_HOST", bad);
    EXPECT_THROW(azure_authority(settings_, nullptr), ConfigError) << bad;
  }
}

TEST_F(AzureTest, AWorkspaceTokenEndsEarly) {
  const auto ask = [](std::string_view resource) {
    EXPECT_EQ(resource, k_azure_databricks);
    WorkspaceToken token;
    token.expires_ms = 1'000'000;
    return token;
  };
  const WorkspaceToken token = azure_workspace_token(context(), ask);
  EXPECT_EQ(token.expires_ms, 960'000);
  EXPECT_TRUE(token.headers.empty());
}

TEST_F(AzureTest, AResourceIdBringsTheHeadersForThoseWhoAreNoMembers) {
  set("DATABRICKS_AZURE_RESOURCE_ID", "/subscriptions/1");
  const auto ask = [](std::string_view resource) {
    WorkspaceToken token;
    token.token = Secret(resource);
    token.expires_ms = resource == k_azure_databricks ? 1'000'000 : 500'000;
    return token;
  };
  const WorkspaceToken token = azure_workspace_token(context(), ask);
  EXPECT_EQ(token.expires_ms, 460'000);
  ASSERT_EQ(token.headers.size(), 2U);
  EXPECT_EQ(token.headers[0].name, "X-Databricks-Azure-Workspace-Resource-Id");
  EXPECT_EQ(token.headers[0].value.reveal(), "/subscriptions/1");
  EXPECT_EQ(token.headers[1].name, "X-Databricks-Azure-SP-Management-Token");
  EXPECT_EQ(token.headers[1].value.reveal(), "https://management.core.windows.net/");
}

}  // namespace
}  // namespace pglakebase::test

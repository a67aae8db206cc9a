#include "pglakebase/auth/troubles.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace pglakebase {
namespace {

struct Report {
  const char* text;
  const char* part;  ///< of the remedy
};

// The words of servers and programs, as documents and users' reports have them; ids are invented.
constexpr Report k_reports[] = {
    {R"({"error":"invalid_client","error_description":"AADSTS7000222: The provided client secret keys for app '11' are expired. Visit the Azure portal"})",
     "has expired"},
    {R"({"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value"})",
     "value, not its id"},
    {"AADSTS700016: Application with identifier '11' was not found in the directory 'Contoso'.",
     "azure_tenant_id"},
    {"AADSTS7000112: Application '11'(orders) is disabled.", "disabled"},
    {"AADSTS700027: The certificate with identifier used to sign the client assertion is not "
     "registered on application.",
     "not registered"},
    {"AADSTS700024: Client assertion is not within its valid time range. Current time: 2026",
     "clock"},
    {"AADSTS700211: No matching federated identity record found for presented assertion issuer",
     "issuer"},
    {"AADSTS700212: No matching federated identity record found for presented assertion audience",
     "api://AzureADTokenExchange"},
    {"AADSTS700213: No matching federated identity record found for presented assertion subject",
     "subject"},
    {"AADSTS70021: No matching federated identity record found for presented assertion.",
     "compare issuer"},
    {"AADSTS90002: Tenant 'contoso' not found.", "no such tenant"},
    {"AADSTS900023: Specified tenant identifier 'x' is neither a valid DNS name",
     "the tenant is none"},
    {"AADSTS500011: The resource principal named 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d was not "
     "found",
     "tenant that the workspace belongs to"},
    {"AADSTS50020: User account 'a@b.example' from identity provider 'live.com' does not exist in "
     "tenant",
     "not in the workspace's tenant"},
    {"ERROR: AADSTS700082: The refresh token has expired due to inactivity.", "az login"},
    {"ERROR: AADSTS70043: The refresh token has expired or is invalid due to sign-in frequency",
     "az login"},
    {"AADSTS50173: The provided grant has expired due to it being revoked", "revoked"},
    {"AADSTS50078: Presented multi-factor authentication has expired", "second factor again"},
    {"AADSTS50076: Due to a configuration change made by your administrator", "a second factor"},
    {"AADSTS53003: Access has been blocked by Conditional Access policies.", "conditional access"},
    {R"({"error":"invalid_request","error_description":"Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"})",
     "choose one"},
    {R"({"error":"invalid_request","error_description":"Identity not found"})", "assign it"},
    {R"({"error":{"code":"Forbidden","message":"Client address is not authorized and caller is not a trusted service.\r\nClient address: 1.2.3.4","innererror":{"code":"ForbiddenByFirewall"}}})",
     "firewall"},
    {R"({"error":{"code":"Forbidden","message":"Client address is not authorized and caller is not a trusted service."}})",
     "firewall"},
    {R"({"error":{"code":"Forbidden","message":"Caller is not authorized to perform action on resource.","innererror":{"code":"ForbiddenByRbac"}}})",
     "Key Vault Secrets User"},
    {R"({"error":{"code":"Forbidden","message":"Access denied.\r\nCaller is not authorized to perform action on resource."}})",
     "Key Vault Secrets User"},
    {"The user, group or application 'appid=1;oid=2;iss=https://sts.windows.net/3/' does not have "
     "secrets get permission on key vault 'prod-kv;location=eastus'.",
     "access policies"},
    {R"({"error":{"code":"SecretNotFound","message":"A secret with (name/id) databricks-client-secret was not found in this key vault."}})",
     "no secret of this name"},
    {R"({"error":{"code":"Forbidden","message":"Operation get is not allowed on a disabled secret.","innererror":{"code":"SecretDisabled"}}})",
     "disabled"},
    {"AKV10032: Invalid issuer. Expected one of https://sts.windows.net/1/, found https://sts.2/.",
     "another tenant"},
    {R"({"error_code":"PERMISSION_DENIED","message":"This API is disabled for users without the workspace-access entitlement."})",
     "Workspace access"},
    {"API is disabled for users without workspace-access entitlement", "Workspace access"},
    {R"({"error_code":403,"message":"Source IP address: 75.1.2.3 is blocked by Databricks IP ACL for workspace: 7474 [ReqId: d3]"})",
     "IP access list"},
    {R"({"error_code":"PERMISSION_DENIED","message":"Provided OAuth token does not have required scopes: postgres"})",
     "scope postgres"},
    {"io.jsonwebtoken.IncorrectClaimException: Expected iss claim to be: "
     "https://sts.windows.net/b/, but was: https://sts.windows.net/a/",
     "another Entra tenant"},
    {"io.jsonwebtoken.IncorrectClaimException: Expected aud claim to be: 2ff814a6, but was: "
     "https://management.core.windows.net/.",
     "not for Azure Databricks"},
    {"Token is expiring within 30 seconds", "clock"},
    {R"({"error_code":403,"message":"Invalid access to Org: 1234"})", "another workspace"},
    {"Unable to load OAuth Config for workspace 12", "workspace_id"},
    {R"({"error_code":403,"message":"Invalid access token."})", "another workspace's"},
    {"Access token is expired.", "has ended"},
    {R"({"error_code":"INVALID_PARAMETER_VALUE","message":"Invalid endpoint name: primary"})",
     "projects/PROJECT"},
    {R"({"error_code":"NOT_FOUND","message":"Database instance 'orders' not found"})",
     "LAKEBASE_INSTANCE_NAME"},
    {"Error: databricks OAuth is not configured for this host", "databricks auth login"},
    {"Error: a new access token could not be retrieved because the refresh token is invalid.",
     "has expired"},
};

TEST(Troubles, EveryReportHasItsRemedy) {
  for (const Report& report : k_reports)
    EXPECT_NE(std::string(known_remedy(report.text)).find(report.part), std::string::npos)
        << report.text << "\n  " << known_remedy(report.text);
}

TEST(Troubles, EveryRowIsReachedByAReport) {
  std::set<std::string_view> reached;
  for (const Report& report : k_reports)
    for (const Trouble& trouble : troubles())
      if (known_remedy(report.text) == trouble.remedy) reached.insert(trouble.remedy);
  for (const Trouble& trouble : troubles())
    EXPECT_TRUE(reached.contains(trouble.remedy)) << trouble.text;
}

TEST(Troubles, RemediesCompleteASentence) {
  for (const Trouble& trouble : troubles()) {
    EXPECT_FALSE(trouble.remedy.empty());
    EXPECT_FALSE(trouble.remedy.ends_with('.')) << trouble.remedy;
    EXPECT_TRUE(trouble.remedy[0] >= 'a' && trouble.remedy[0] <= 'z') << trouble.remedy;
  }
}

TEST(Troubles, OthersHaveNone) {
  EXPECT_EQ(known_remedy(""), "");
  EXPECT_EQ(known_remedy(R"({"error_code":"INTERNAL_ERROR","message":"oops"})"), "");
}

TEST(Troubles, ACodeIsNotTheBeginningOfALongerOne) {
  EXPECT_EQ(known_remedy("AADSTS700215: something else"), "");
  EXPECT_NE(known_remedy("AADSTS700215 AADSTS70021"), "");
}

TEST(EntraCode, IsTakenFromAnywhere) {
  EXPECT_EQ(entra_code("x AADSTS700016: y"), "AADSTS700016");
  EXPECT_EQ(entra_code("AADSTS: y"), "");
  EXPECT_EQ(entra_code("AADSTS" + std::string(30, '1')), "");
  EXPECT_EQ(entra_code("none"), "");
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/config/settings.hpp"

#include <gtest/gtest.h>

#include "pglakebase/config/config_error.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

using Given = std::vector<RequestDocument::Given>;

struct Case {
  const char* what;
  Given directives;
  Given environment;
  const char* file;  // ~/.databrickscfg; null: absent
  Given expected;    // input → value; "workspace" is the normal form; "profile" the name in use
  const char* error = nullptr;  // part of the sentence
};

// Printed by GoogleTest where a case fails.
void PrintTo(const Case& c, std::ostream* out) {
  *out << c.what;
}

constexpr const char* k_file =
    "[DEFAULT]\nhost = https://default\ntoken = dapi-default\n"
    "[M2M]\nhost = https://m2m\nclient_id = m2m-id\nclient_secret = m2m-secret\n"
    "[PAT]\nhost = https://pat\ntoken = dapi-pat\n"
    "[HOST]\nhost = https://only\n"
    "[CLI]\nhost = https://cli\nauth_type = databricks-cli\n"
    "[NOHOST]\ntoken = dapi-nohost\n"
    "[OAUTHTYPE]\nhost = https://typed\nauth_type = oauth-m2m\n"
    "[WSID]\nhost = https://unified\nworkspace_id = 77\ntoken = dapi-w\n";

const Case k_cases[] = {
    // As the SDKs do.
    {"environment alone",
     {},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}},
     nullptr,
     {{"workspace", "https://w"}, {"token", "t"}, {"profile", ""}}},
    {"the DEFAULT profile when nothing else is said",
     {},
     {},
     k_file,
     {{"workspace", "https://default"}, {"token", "dapi-default"}, {"profile", "DEFAULT"}}},
    {"no DEFAULT for whoever names a host",
     {},
     {{"DATABRICKS_HOST", "w"}},
     k_file,
     {{"workspace", "https://w"}, {"token", "(unset)"}, {"profile", ""}}},
    {"no DEFAULT for whoever names a principal",
     {},
     {{"DATABRICKS_CLIENT_ID", "i"}},
     k_file,
     {{"workspace", "(unset)"}, {"token", "(unset)"}}},
    {"no DEFAULT for an Azure resource",
     {},
     {{"DATABRICKS_AZURE_RESOURCE_ID", "r"}},
     k_file,
     {{"token", "(unset)"}}},
    {"AZURE_ variables choose nothing",
     {},
     {{"AZURE_CLIENT_ID", "a"}, {"AZURE_TENANT_ID", "t"}},
     k_file,
     {{"workspace", "https://default"}, {"azure_client_id", "a"}}},
    {"ARM_ variables do", {}, {{"ARM_CLIENT_ID", "a"}}, k_file, {{"workspace", "(unset)"}}},
    {"a switch that is off is none",
     {},
     {{"ARM_USE_MSI", "false"}},
     k_file,
     {{"workspace", "https://default"}}},
    {"a profile by variable",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "PAT"}},
     k_file,
     {{"workspace", "https://pat"}, {"token", "dapi-pat"}, {"profile", "PAT"}}},
    {"environment outranks a profile by variable",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "PAT"}, {"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}},
     k_file,
     {{"workspace", "https://w"}, {"token", "t"}}},
    {"families of environment and profile clash",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "M2M"}, {"DATABRICKS_TOKEN", "t"}},
     k_file,
     {},
     "validate: more than one authorization method configured: oauth and pat"},
    {"families in the environment clash",
     {},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}, {"DATABRICKS_CLIENT_ID", "i"}},
     nullptr,
     {},
     "validate: more than one authorization method configured: oauth and pat"},
    {"all families are named in order",
     {},
     {{"DATABRICKS_HOST", "w"},
      {"DATABRICKS_TOKEN", "t"},
      {"DATABRICKS_USERNAME", "u"},
      {"ARM_CLIENT_ID", "a"},
      {"GOOGLE_CREDENTIALS", "g"},
      {"DATABRICKS_CLIENT_ID", "i"}},
     nullptr,
     {},
     "azure and basic and google and oauth and pat"},
    {"auth_type chooses",
     {},
     {{"DATABRICKS_HOST", "w"},
      {"DATABRICKS_TOKEN", "t"},
      {"DATABRICKS_CLIENT_ID", "i"},
      {"DATABRICKS_AUTH_TYPE", "pat"}},
     nullptr,
     {{"auth_type", "pat"}, {"token", "t"}}},
    {"AZURE_ variables clash with nothing",
     {},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}, {"AZURE_CLIENT_ID", "a"}},
     nullptr,
     {{"token", "t"}}},
    {"ARM_ outranks AZURE_",
     {},
     {{"ARM_TENANT_ID", "arm"}, {"AZURE_TENANT_ID", "az"}},
     nullptr,
     {{"azure_tenant_id", "arm"}}},
    {"DATABRICKS_HOST outranks DATABRICKS_WORKSPACE_URL",
     {},
     {{"DATABRICKS_WORKSPACE_URL", "url"}, {"DATABRICKS_HOST", "w"}},
     nullptr,
     {{"workspace", "https://w"}}},
    {"DATABRICKS_WORKSPACE_URL is a host",
     {},
     {{"DATABRICKS_WORKSPACE_URL", "url"}},
     k_file,
     {{"workspace", "https://url"}, {"profile", ""}}},
    {"our variables outrank theirs",
     {},
     {{"DATABRICKS_HOST", "w"}, {"PGLAKEBASE_WORKSPACE", "own"}},
     nullptr,
     {{"workspace", "https://own"}}},
    {"a missing profile",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "GONE"}},
     k_file,
     {},
     "has no GONE profile configured"},
    {"a profile without a file",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "PAT"}},
     nullptr,
     {},
     "does not exist"},
    {"http is refused", {}, {{"DATABRICKS_HOST", "http://w"}}, nullptr, {}, "only https"},
    {"an id in the address",
     {},
     {{"DATABRICKS_HOST", "https://w/?o=12"}},
     nullptr,
     {{"workspace_id()", "12"}}},
    {"an id of its own outranks it",
     {},
     {{"DATABRICKS_HOST", "https://w/?o=12"}, {"DATABRICKS_WORKSPACE_ID", "13"}},
     nullptr,
     {{"workspace_id()", "13"}}},
    {"an id is no text for a header",
     {},
     {{"DATABRICKS_HOST", "https://w"}, {"DATABRICKS_WORKSPACE_ID", "1\r\nX: y"}},
     nullptr,
     {},
     "workspace id"},

    // Ours: a profile that a directive names.
    {"directives outrank the environment",
     {{"workspace", "d"}, {"client_id", "di"}},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_CLIENT_ID", "i"}},
     nullptr,
     {{"workspace", "https://d"}, {"client_id", "di"}}},
    {"a named profile outranks stray variables",
     {{"profile", "M2M"}},
     {{"DATABRICKS_HOST", "stray"},
      {"DATABRICKS_TOKEN", "stray"},
      {"DATABRICKS_CLIENT_ID", "stray"},
      {"DATABRICKS_CLIENT_SECRET", "stray"}},
     k_file,
     {{"workspace", "https://m2m"},
      {"client_id", "m2m-id"},
      {"client_secret", "m2m-secret"},
      {"token", "(unset)"},
      {"profile", "M2M"}}},
    {"of any family",
     {{"profile", "PAT"}},
     {{"ARM_CLIENT_ID", "stray"},
      {"GOOGLE_CREDENTIALS", "stray"},
      {"DATABRICKS_USERNAME", "stray"},
      {"DATABRICKS_AUTH_TYPE", "azure-cli"}},
     k_file,
     {{"token", "dapi-pat"},
      {"azure_client_id", "(unset)"},
      {"google_credentials", "(unset)"},
      {"username", "(unset)"},
      {"auth_type", "(unset)"}}},
    {"and of our own variables",
     {{"profile", "PAT"}},
     {{"PGLAKEBASE_CLIENT_ID", "stray"}},
     k_file,
     {{"client_id", "(unset)"}, {"token", "dapi-pat"}}},
    {"an auth_type says who, too",
     {{"profile", "CLI"}},
     {{"DATABRICKS_TOKEN", "stray"}},
     k_file,
     {{"token", "(unset)"}, {"auth_type", "databricks-cli"}}},
    {"a principal may come from the environment where the profile's type is its own",
     {{"profile", "OAUTHTYPE"}},
     {{"DATABRICKS_CLIENT_ID", "i"}, {"DATABRICKS_CLIENT_SECRET", "s"}, {"DATABRICKS_TOKEN", "t"}},
     k_file,
     {{"client_id", "i"}, {"token", "(unset)"}}},
    {"a profile that only says where leaves it to the environment",
     {{"profile", "HOST"}},
     {{"DATABRICKS_CLIENT_ID", "i"}, {"DATABRICKS_CLIENT_SECRET", "s"}},
     k_file,
     {{"workspace", "https://only"}, {"client_id", "i"}, {"client_secret", "s"}}},
    {"a directive outranks the profile it names",
     {{"profile", "PAT"}, {"workspace_id", "5"}},
     {},
     k_file,
     {{"workspace_id()", "5"}, {"workspace", "https://pat"}}},
    {"PGLAKEBASE_PROFILE names one as well",
     {},
     {{"PGLAKEBASE_PROFILE", "M2M"}, {"DATABRICKS_HOST", "stray"}, {"DATABRICKS_TOKEN", "stray"}},
     k_file,
     {{"workspace", "https://m2m"}, {"client_id", "m2m-id"}, {"token", "(unset)"}}},
    {"but yields to its like",
     {},
     {{"PGLAKEBASE_PROFILE", "M2M"}, {"PGLAKEBASE_WORKSPACE_ID", "9"}},
     k_file,
     {{"workspace_id()", "9"}}},
    {"ids stay with their workspace",
     {{"profile", "PAT"}},
     {{"DATABRICKS_HOST", "stray"}, {"DATABRICKS_WORKSPACE_ID", "99"}},
     k_file,
     {{"workspace_id()", ""}, {"workspace", "https://pat"}}},
    {"a stray address that is none harms nobody",
     {{"profile", "PAT"}},
     {{"DATABRICKS_HOST", "http://stray"}},
     k_file,
     {{"workspace", "https://pat"}}},

    // A secret goes to its own host only.
    {"a profile's secret",
     {{"profile", "PAT"}, {"workspace", "other"}},
     {},
     k_file,
     {{"secret:token", "dapi-pat"}},
     "belongs to https://pat and is not sent to https://other"},
    {"a profile's secret, host from the environment",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "PAT"}, {"DATABRICKS_HOST", "other"}},
     k_file,
     {{"secret:token", "dapi-pat"}},
     "belongs to https://pat"},
    {"a profile without a host binds nothing",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "NOHOST"}, {"DATABRICKS_HOST", "w"}},
     k_file,
     {{"secret:token", "dapi-nohost"}}},
    {"the environment's secret, workspace by directive",
     {{"workspace", "other"}},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}},
     nullptr,
     {{"secret:token", "t"}},
     "belongs to https://w"},
    {"the environment's secret, workspace by profile",
     {{"profile", "HOST"}},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_CLIENT_ID", "i"}, {"DATABRICKS_CLIENT_SECRET", "s"}},
     k_file,
     {{"secret:client_secret", "s"}},
     "belongs to https://w"},
    {"the same workspace written otherwise",
     {{"workspace", "https://W/?o=1"}},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}},
     nullptr,
     {{"secret:token", "t"}}},
    {"a variable's profile without any file, where the environment says all",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "X"}, {"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}},
     nullptr,
     {{"secret:token", "t"}, {"profile", ""}}},
    {"a variable's profile without any file, where nothing else does",
     {},
     {{"DATABRICKS_CONFIG_PROFILE", "X"}},
     nullptr,
     {},
     "does not exist"},
    {"a service's profile must be there",
     {{"profile", "X"}},
     {{"DATABRICKS_HOST", "w"}, {"DATABRICKS_TOKEN", "t"}},
     nullptr,
     {},
     "does not exist"},
    {"the environment's secret without a host",
     {{"workspace", "d"}},
     {{"DATABRICKS_TOKEN", "t"}},
     nullptr,
     {{"secret:token", "t"}}},
};

class SettingsTest : public testing::TestWithParam<Case> {};

std::string actual(const Settings& settings, const std::string& what) {
  if (what == "workspace") {
    return settings.find("workspace") != nullptr ? settings.workspace() : "(unset)";
  }
  if (what == "workspace_id()") return std::string(settings.workspace_id());
  if (what == "profile") {
    const std::string& profile = settings.profile();
    return profile.substr(0, profile.find(' '));
  }
  if (what.starts_with("secret:")) {
    const Setting* secret = settings.secret(what.substr(7));
    return secret != nullptr ? secret->value : "(unset)";
  }
  const Setting* setting = settings.find(what);
  return setting != nullptr ? setting->value : "(unset)";
}

TEST_P(SettingsTest, Table) {
  const Case& c = GetParam();
  test::TempDir home;
  if (c.file != nullptr) home.write(".databrickscfg", c.file);
  RequestDocument request;
  request.home = home.path();
  request.directives = c.directives;
  request.environment = c.environment;
  try {
    const Settings settings = Settings::resolve(request);
    for (const auto& [what, value] : c.expected) EXPECT_EQ(actual(settings, what), value) << what;
    EXPECT_EQ(c.error, nullptr);
  } catch (const ConfigError& error) {
    ASSERT_NE(c.error, nullptr) << error.what();
    EXPECT_NE(std::string(error.what()).find(c.error), std::string::npos) << error.what();
  }
}

INSTANTIATE_TEST_SUITE_P(Precedence, SettingsTest, testing::ValuesIn(k_cases));

TEST(Settings, TellsWhereEachValueIsFrom) {
  test::TempDir home;
  home.write(".databrickscfg", k_file);
  RequestDocument request;
  request.home = home.path();
  request.directives = {{"profile", "M2M"}, {"ttl", "900"}};
  request.environment = {{"LAKEBASE_ENDPOINT", "e"}};
  const Settings settings = Settings::resolve(request);
  EXPECT_EQ(settings.find("ttl")->origin(), "directive ttl");
  EXPECT_EQ(settings.find("endpoint")->origin(), "LAKEBASE_ENDPOINT");
  EXPECT_EQ(settings.find("client_id")->origin(),
            "client_id of profile M2M in " + (home / ".databrickscfg"));
  EXPECT_EQ(settings.workspace_origin(), "host of profile M2M in " + (home / ".databrickscfg"));
}

TEST(Settings, TheConfigurationFilesThatCountAreStamped) {
  test::TempDir home;
  RequestDocument request;
  request.home = home.path();
  EXPECT_EQ(Settings::resolve(request).files(), "absent " + (home / ".databrickscfg") + "\n");
  request.environment = {{"DATABRICKS_HOST", "w"}};
  EXPECT_EQ(Settings::resolve(request).files(), "");
  const std::string other = home.write("other.cfg", k_file);
  request.environment = {{"DATABRICKS_CONFIG_FILE", other}};
  EXPECT_NE(Settings::resolve(request).files().find(other), std::string::npos);
}

TEST(Settings, WithoutAWorkspaceSaysWhatToSet) {
  try {
    Settings::resolve(RequestDocument()).workspace();
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("DATABRICKS_HOST"), std::string::npos);
  }
}

// Used as if it were not there, it would log in as somebody else.
TEST(Settings, OnBehalfOfAUserNeedsThatUsersToken) {
  RequestDocument request;
  request.directives = {{"on_behalf_of", "required"}};
  EXPECT_THROW(Settings::resolve(request), ConfigError);
  request.directives.push_back({"user_token", "dapi1"});
  EXPECT_EQ(Settings::resolve(request).get("user_token"), "dapi1");
  request.directives = {{"on_behalf_of", "allowed"}};
  EXPECT_EQ(Settings::resolve(request).find("user_token"), nullptr);
  request.directives = {{"on_behalf_of", "requierd"}, {"user_token", "dapi1"}};
  EXPECT_THROW(Settings::resolve(request), ConfigError);
}

TEST(Settings, AUsersTokenMayStandInAFile) {
  const test::TempDir home;
  const std::string file = home.write("token", " eyJ.a.b\n");
  RequestDocument request;
  request.environment = {{"PGLAKEBASE_USER_TOKEN_FILE", file}};
  const Settings settings = Settings::resolve(request);
  EXPECT_EQ(settings.get("user_token"), "eyJ.a.b");
  EXPECT_EQ(settings.find("user_token")->origin(), "PGLAKEBASE_USER_TOKEN_FILE");
  // Another content may be another user: it is looked at again.
  EXPECT_NE(settings.files().find(file), std::string::npos);
  // The connection's own is stronger.
  request.directives = {{"user_token", "dapi1"}};
  EXPECT_EQ(Settings::resolve(request).get("user_token"), "dapi1");
}

TEST(Settings, AUserTokenFileWithoutATokenIsAnError) {
  const test::TempDir home;
  for (const std::string& file : {home.write("empty", " \n"), home / "absent",
                                  home.write("long", std::string(20'000, 'x'))}) {
    RequestDocument request;
    request.environment = {{"PGLAKEBASE_USER_TOKEN_FILE", file}};
    try {
      Settings::resolve(request);
      FAIL() << file;
    } catch (const ConfigError& error) {
      EXPECT_NE(std::string(error.what()).find(file), std::string::npos);
      EXPECT_NE(error.files().find(file), std::string::npos);
    }
  }
}

// The app's own ways to sign in are not in the user's way.
TEST(Settings, WithAUsersTokenNoOtherWayIsInTheWay) {
  RequestDocument request;
  request.environment = {{"DATABRICKS_TOKEN", "dapi0"},
                         {"DATABRICKS_CLIENT_ID", "id"},
                         {"DATABRICKS_CLIENT_SECRET", "secret"},
                         {"DATABRICKS_HOST", "https://w"}};
  EXPECT_THROW(Settings::resolve(request), ConfigError);
  request.directives = {{"user_token", "dapi1"}};
  EXPECT_EQ(Settings::resolve(request).secret("user_token")->value, "dapi1");
}

TEST(Settings, DirectivesThatAreNoInputsAreIgnored) {
  RequestDocument request;
  request.directives = {{"nonsense", "x"}};
  EXPECT_EQ(Settings::resolve(request).find("nonsense"), nullptr);
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/core/inputs.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace pglakebase {
namespace {

TEST(Inputs, NamesAreUniqueAndPlain) {
  std::set<std::string_view> names;
  for (const Input& input : inputs()) {
    EXPECT_TRUE(names.insert(input.name()).second) << input.name();
    for (const char c : input.name())
      EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '_') << input.name();
    EXPECT_EQ(find_input(input.name()), &input);
  }
  EXPECT_EQ(find_input("no such"), nullptr);
  EXPECT_EQ(find_input(""), nullptr);
}

TEST(Inputs, EveryVariableBelongsToOneInput) {
  std::map<std::string, std::string> owner;
  for (const Input& input : inputs()) {
    char buffer[64];
    std::string_view variable;
    for (std::size_t n = 0; input_variable(input, n, buffer, variable); ++n) {
      const auto [found, fresh] = owner.emplace(variable, input.name());
      EXPECT_TRUE(fresh) << variable << " is that of " << found->second << " and " << input.name();
    }
  }
}

TEST(Inputs, OwnVariableComesFirstWhereThereIsADirective) {
  for (const Input& input : inputs()) {
    char buffer[64];
    std::string_view variable;
    const bool any = input_variable(input, 0, buffer, variable);
    if (input.name() == "user_token") {
      // Comes with a connection; in the environment every child could read it.
      EXPECT_FALSE(any);
      EXPECT_EQ(input.directive, DirectivePolicy::none);
    } else if (input.directive == DirectivePolicy::none) {
      ASSERT_TRUE(any) << input.name() << " can be set by nothing";
      EXPECT_EQ(variable, input.variable(0));
    } else {
      ASSERT_TRUE(any);
      std::string expected = "PGLAKEBASE_";
      for (const char c : input.name())
        expected += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      EXPECT_EQ(variable, expected);
      // What the buffer holds.
      EXPECT_LE(variable.size(), 64U);
    }
  }
}

TEST(Inputs, EveryVariableIsFound) {
  for (std::size_t i = 0; i < inputs().size(); ++i) {
    char buffer[64];
    std::string_view variable;
    for (std::size_t n = 0; input_variable(inputs()[i], n, buffer, variable); ++n) {
      std::size_t input = 999;
      std::size_t number = 999;
      EXPECT_TRUE(find_variable(variable, input, number)) << variable;
      EXPECT_EQ(input, i) << variable;
      EXPECT_EQ(number, n) << variable;
      const std::string longer = std::string(variable) + "_";
      EXPECT_FALSE(find_variable(longer, input, number)) << longer;
    }
  }
  std::size_t input = 0;
  std::size_t n = 0;
  for (const char* other : {"", "P", "PGLAKEBASE_", "PGLAKEBASE_profile", "PGLAKEBASE_NO_SUCH",
                            "databricks_host", "PATH", "DATABRICKS_", "PGLAKEBASE_USER_TOKEN"})
    EXPECT_FALSE(find_variable(other, input, n)) << other;
}

// What runs a command, names a secret, a foreign host or another workspace must not come from a
// file that may have been cloned from somewhere.
TEST(Inputs, DangerousOnesNeedATrustedFile) {
  for (const char* name :
       {"workspace", "config_file", "token", "client_secret", "password", "databricks_cli_path",
        "metadata_service_url", "discovery_url", "azure_authority_host", "azure_client_secret",
        "databricks_id_token_filepath", "azure_federated_token_file", "user_token_file",
        "oidc_token_env", "google_credentials"}) {
    const Input* input = find_input(name);
    ASSERT_NE(input, nullptr) << name;
    EXPECT_NE(input->directive, DirectivePolicy::any) << name;
  }
}

TEST(Inputs, SecretsAreNoSelectingInputs) {
  for (const Input& input : inputs()) {
    const std::string_view name = input.name();
    const bool secret = name == "token" || name.ends_with("secret") || name.ends_with("password") ||
                        name == "identity_header" || name.ends_with("_token") ||
                        name == "google_credentials";
    if (secret) {
      EXPECT_NE(input.input_class, InputClass::selecting) << name;
      EXPECT_NE(input.input_class, InputClass::local) << name;
    }
  }
}

}  // namespace
}  // namespace pglakebase

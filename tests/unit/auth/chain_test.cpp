#include "pglakebase/auth/chain.hpp"

#include "pglakebase/auth/sources.hpp"
#include "pglakebase/config/config_error.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::contains;

class ChainTest : public test::SignInTest {
 protected:
  std::string exhausted(const Chain& chain) {
    try {
      chain.throw_exhausted();
    } catch (const ConfigError& error) {
      return error.what();
    }
  }
};

TEST_F(ChainTest, TheFirstConfiguredSourceHasItsTurn) {
  set("DATABRICKS_CLIENT_ID", "id");
  set("DATABRICKS_CLIENT_SECRET", "s");
  const SourceContext context = this->context();
  Chain chain(all_sources(), context);
  const Chain::Candidate* candidate = chain.next();
  ASSERT_NE(candidate, nullptr);
  EXPECT_EQ(candidate->source->name(), "oauth-m2m");
  EXPECT_EQ(candidate->principal.id, "id");
}

TEST_F(ChainTest, SaysWhatEachSourceLacked) {
  const SourceContext context = this->context();
  Chain chain(all_sources(), context);
  EXPECT_EQ(chain.next(), nullptr);
  const std::string what = exhausted(chain);
  EXPECT_TRUE(contains(what, "https://w")) << what;
  EXPECT_TRUE(contains(what, "pat: no token")) << what;
  EXPECT_TRUE(contains(what, "oauth-m2m: no client_id")) << what;
  EXPECT_TRUE(contains(what, "no profile used")) << what;
}

TEST_F(ChainTest, WhatDeclinesLateIsListedToo) {
  set("DATABRICKS_TOKEN", "t");
  const SourceContext context = this->context();
  Chain chain(all_sources(), context);
  ASSERT_NE(chain.next(), nullptr);
  chain.declined("no login");
  EXPECT_EQ(chain.next(), nullptr);
  EXPECT_TRUE(contains(exhausted(chain), "pat: no login; basic: no username"));
}

TEST_F(ChainTest, WhatIsConfiguredWronglyIsNamed) {
  for (const auto& [variable, value, name] :
       {std::tuple("DATABRICKS_TOKEN", "two words", "pat"),
        {"DATABRICKS_METADATA_SERVICE_URL", "http://elsewhere.example/", "metadata-service"}}) {
    set(variable, value);
    const SourceContext context = this->context();
    Chain chain(all_sources(), context);
    EXPECT_THROW(chain.next(), ConfigError);
    EXPECT_TRUE(contains(chain.story(), std::string("signing in by ") + name + " to https://w"));
    set(variable, "");
  }
}

TEST_F(ChainTest, AuthTypeTakesOneAlone) {
  set("DATABRICKS_TOKEN", "t");
  set("DATABRICKS_AUTH_TYPE", "oauth-m2m");
  const SourceContext context = this->context();
  Chain chain(all_sources(), context);
  EXPECT_EQ(chain.next(), nullptr);
  EXPECT_FALSE(contains(exhausted(chain), "pat:"));
}

TEST_F(ChainTest, AuthTypesThatAreNotThereAreSaidClearly) {
  for (const auto& [type, part] :
       {std::pair("external-browser", "not supported"), std::pair("nonsense", "not one that")}) {
    set("DATABRICKS_AUTH_TYPE", type);
    const SourceContext context = this->context();
    try {
      Chain chain(all_sources(), context);
      ADD_FAILURE() << type;
    } catch (const ConfigError& error) {
      EXPECT_TRUE(contains(error.what(), part)) << error.what();
      EXPECT_TRUE(contains(error.what(), "DATABRICKS_AUTH_TYPE")) << error.what();
      EXPECT_TRUE(contains(error.what(), "pat, basic, oauth-m2m")) << error.what();
    }
  }
}

}  // namespace
}  // namespace pglakebase

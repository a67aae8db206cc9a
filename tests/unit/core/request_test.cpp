#include "pglakebase/core/request.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "broken_malloc.hpp"
#include "child.hpp"
#include "env_guard.hpp"
#include "pglakebase/core/key_value.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_host = "ep-x.database.us-east-1.cloud.databricks.com";

struct Built {
  std::string name, selecting, material, network;
};

bool operator==(const Built& a, const Built& b) {
  return a.name == b.name && a.selecting == b.selecting && a.material == b.material &&
         a.network == b.network;
}

class RequestTest : public testing::Test {
 protected:
  RequestTest() : cache_(Cache::open_at(dir_ / "cache")) { environment_.set("HOME", "/home/x"); }

  Request build(std::string_view hosts = k_host, std::string_view service = "s") const {
    return Request::build(hosts, service, directives_, cache_);
  }
  Built built(std::string_view hosts = k_host) const {
    const Request request = build(hosts);
    EXPECT_TRUE(request.ok());
    return {std::string(request.name().view()), std::string(request.selecting()),
            std::string(request.material().view()), std::string(request.network().view())};
  }
  std::string document() const {
    Text out;
    build().append_document(out, {});
    return std::string(out.view());
  }

  test::TempDir dir_;
  test::CleanEnvironment environment_;
  Cache cache_;
  Directives directives_;
};

// The variable that oidc_token_env names is one of oidc_token's, under its own name.
TEST_F(RequestTest, ANamedTokenTravels) {
  environment_.set("DATABRICKS_OIDC_TOKEN_ENV", "CI_JWT");
  const Built without = built();
  environment_.set("CI_JWT", "jwt-1");
  const Built with = built();
  EXPECT_NE(with.name, without.name);
  EXPECT_NE(with.selecting.find("digest.env.CI_JWT="), std::string::npos);
  EXPECT_EQ(with.selecting.find("jwt-1"), std::string::npos);
  EXPECT_NE(document().find("\nsecret.env.CI_JWT=jwt-1\n"), std::string::npos);
  environment_.set("CI_JWT", "jwt-2");
  EXPECT_NE(built().name, with.name);
  environment_.set("DATABRICKS_CLIENT_ID", "id");
  const Built named = built();
  environment_.set("CI_JWT", "jwt-3");
  EXPECT_EQ(built().name, named.name);
  EXPECT_NE(built().material, named.material);
}

TEST_F(RequestTest, ANamedTokenOfADirectiveTravelsToo) {
  directives_.add("oidc_token_env", "CI_JWT");
  environment_.set("CI_JWT", "jwt-1");
  EXPECT_NE(document().find("\nsecret.env.CI_JWT=jwt-1\n"), std::string::npos);
}

TEST_F(RequestTest, NamesThatAreNoneTravelNowhere) {
  for (const char* name : {"A\nB", "A=B", "DATABRICKS_OIDC_TOKEN", "UNSET"}) {
    environment_.set("DATABRICKS_OIDC_TOKEN_ENV", name);
    EXPECT_EQ(document().find("secret."), std::string::npos) << name;
  }
}

// All ways to set an input: its variables and its directive.
struct Way {
  const Input* input;
  std::string variable;  // empty: the directive
};

std::vector<Way> all_ways() {
  std::vector<Way> ways;
  for (const Input& input : inputs()) {
    char buffer[64];
    std::string_view variable;
    for (std::size_t n = 0; input_variable(input, n, buffer, variable); ++n)
      ways.push_back({&input, std::string(variable)});
    if (input.directive != DirectivePolicy::none) ways.push_back({&input, {}});
  }
  return ways;
}

std::string describe(const Way& way) {
  return std::string(way.input->name()) + (way.variable.empty() ? " by directive" : " by ") +
         way.variable;
}

class AnyWay : public RequestTest, public testing::WithParamInterface<Way> {
 protected:
  Built with(const std::string& value) {
    Directives directives;
    if (GetParam().variable.empty()) {
      directives.add(GetParam().input->name(), value);
    } else {
      environment_.set(GetParam().variable, value);
    }
    std::swap(directives_, directives);
    const Built result = built();
    document_ = document();
    std::swap(directives_, directives);
    if (!GetParam().variable.empty()) environment_.unset(GetParam().variable);
    return result;
  }

  std::string document_;
};

TEST_P(AnyWay, TakesPartInTheNameAsItsClassSays) {
  const std::string first_value = "/value-one-5e9f";
  const std::string second_value = "/value-two-77ab";
  const Built none = built();
  const Built first = with(first_value);
  const bool told = document_.find(first_value) != std::string::npos;
  const Built second = with(second_value);
  EXPECT_EQ(with(""), none);
  switch (GetParam().input->input_class) {
    case InputClass::selecting:
      EXPECT_NE(first.name, none.name);
      EXPECT_NE(first.name, second.name);
      EXPECT_NE(first.selecting.find(first_value), std::string::npos);
      EXPECT_EQ(first.material, none.material);
      EXPECT_EQ(first.network, none.network);
      EXPECT_TRUE(told);
      break;
    case InputClass::deciding:
    case InputClass::assertion:
      EXPECT_NE(first.name, none.name);
      EXPECT_NE(first.name, second.name);
      EXPECT_EQ(first.selecting.find(first_value), std::string::npos);
      EXPECT_NE(first.material, second.material);
      EXPECT_TRUE(told);
      break;
    case InputClass::material:
      EXPECT_EQ(first.name, none.name);
      EXPECT_EQ(first.selecting, none.selecting);
      EXPECT_NE(first.material, none.material);
      EXPECT_NE(first.material, second.material);
      EXPECT_TRUE(told);
      break;
    case InputClass::network:
      EXPECT_EQ(first.name, none.name);
      EXPECT_EQ(first.selecting, none.selecting);
      EXPECT_NE(first.network, none.network);
      EXPECT_NE(first.network, second.network);
      EXPECT_TRUE(told);
      break;
    case InputClass::local:
      EXPECT_EQ(first, none);
      EXPECT_FALSE(told);
      break;
  }
}

INSTANTIATE_TEST_SUITE_P(Request, AnyWay, testing::ValuesIn(all_ways()), [](const auto& one) {
  std::string name = describe(one.param);
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
});

TEST_F(RequestTest, AssertionsDoNotCountWhereAClientIdSaysWhoWeAre) {
  for (const auto& [id_variable, by_directive] :
       {std::pair{"DATABRICKS_CLIENT_ID", false}, std::pair{"ARM_CLIENT_ID", false},
        std::pair{"AZURE_CLIENT_ID", false}, std::pair{"PGLAKEBASE_CLIENT_ID", false},
        std::pair{"", true}}) {
    if (by_directive) {
      directives_.add("client_id", "id");
    } else {
      environment_.set(id_variable, "id");
    }
    environment_.set("DATABRICKS_OIDC_TOKEN", "one");
    const Built one = built();
    environment_.set("DATABRICKS_OIDC_TOKEN", "two");
    const Built two = built();
    EXPECT_EQ(one.name, two.name) << id_variable;
    EXPECT_NE(one.material, two.material);
    // A token that alone decides counts all the same.
    environment_.set("DATABRICKS_TOKEN", "dapi1");
    const Built three = built();
    EXPECT_NE(two.name, three.name);
    environment_.unset("DATABRICKS_TOKEN");
    environment_.unset("DATABRICKS_OIDC_TOKEN");
    if (!by_directive) environment_.unset(id_variable);
  }
}

TEST_F(RequestTest, NoSecretStandsInWhatIsComparedAndKept) {
  for (const Input& input : inputs()) {
    if (input.input_class == InputClass::selecting || input.input_class == InputClass::local)
      continue;
    char buffer[64];
    std::string_view variable;
    for (std::size_t n = 0; input_variable(input, n, buffer, variable); ++n)
      environment_.set(std::string(variable), "pl4nted-secret");
    if (input.directive != DirectivePolicy::none) directives_.add(input.name(), "pl4nted-secret");
  }
  const Built all = built();
  for (const std::string* text : {&all.name, &all.selecting, &all.material, &all.network})
    EXPECT_EQ(text->find("pl4nted"), std::string::npos);
}

TEST_F(RequestTest, WhatIsVolatileDoesNotCount) {
  const Built before = built();
  const std::pair<const char*, const char*> volatiles[] = {{"PATH", "/elsewhere"},
                                                           {"LANG", "de_DE.UTF-8"},
                                                           {"LC_ALL", "C"},
                                                           {"TERM", "xterm"},
                                                           {"SHELL", "/bin/zsh"},
                                                           {"SSH_CONNECTION", "1 2 3 4"},
                                                           {"XDG_RUNTIME_DIR", "/run/user/1"},
                                                           {"USER", "other"},
                                                           {"LOGNAME", "other"},
                                                           {"TMPDIR", "/var/tmp"},
                                                           {"PWD", "/elsewhere"},
                                                           {"INVOCATION_ID", "abc"},
                                                           {"PGHOST", "other"},
                                                           {"PGUSER", "other"},
                                                           {"PGPASSWORD", "x"},
                                                           {"PGAPPNAME", "x"},
                                                           {"PGSSLMODE", "require"},
                                                           {"LD_PRELOAD", ""},
                                                           {"DATABRICKS_APP_NAME", "app"},
                                                           {"DISPLAY", ":0"},
                                                           {"PGLAKEBASE_LOG", "/tmp/log"}};
  for (const auto& [name, value] : volatiles) environment_.set(name, value);
  EXPECT_EQ(built(), before);
  const std::filesystem::path here = std::filesystem::current_path();
  std::filesystem::current_path("/");
  EXPECT_EQ(built(), before);
  std::filesystem::current_path(here);
}

TEST_F(RequestTest, TheServiceIsForMessagesOnly) {
  EXPECT_EQ(build(k_host, "a").name().view(), build(k_host, "b").name().view());
  EXPECT_NE(document().find("option.service=s\n"), std::string::npos);
}

TEST_F(RequestTest, HostsCountInNormalForm) {
  EXPECT_EQ(built("EP-X.Database.us-east-1.cloud.databricks.com.").name, built().name);
  EXPECT_NE(built("ep-y.database.us-east-1.cloud.databricks.com").name, built().name);
  EXPECT_NE(built(std::string(k_host) + ",ep-y.database.us-east-1.cloud.databricks.com").name,
            built().name);
  // One host's name must not pass for two.
  EXPECT_NE(built("a,b").selecting, built("a%0ahost=b").selecting);
}

TEST_F(RequestTest, HomeCounts) {
  const Built before = built();
  environment_.set("HOME", "/home/y");
  EXPECT_NE(built().name, before.name);
}

TEST_F(RequestTest, TheUserCounts) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const std::string before = built().name;
  EXPECT_EQ(test::in_child([&] {
              if (::seteuid(test::k_nobody) != 0) return 9;
              return Request::build(k_host, "s", directives_, cache_).name().view() == before ? 1
                                                                                              : 0;
            }),
            0);
}

TEST_F(RequestTest, OrderOfTheEnvironmentDoesNotCount) {
  std::vector<std::pair<std::string, std::string>> variables;
  for (const Way& way : all_ways())
    if (!way.variable.empty()) variables.emplace_back(way.variable, "/value of " + way.variable);
  std::mt19937 random(5);
  std::string name;
  for (int round = 0; round < 20; ++round) {
    std::shuffle(variables.begin(), variables.end(), random);
    ::clearenv();
    environment_.set("HOME", "/home/x");
    for (const auto& [variable, value] : variables) environment_.set(variable, value);
    const std::string now = built().name;
    if (round > 0) {
      ASSERT_EQ(now, name);
    }
    name = now;
  }
}

// As getenv() does; the tools that people set variables with leave no doubles, programs may.
TEST_F(RequestTest, OfAVariableGivenTwiceTheFirstCounts) {
  environment_.set("DATABRICKS_CLIENT_ID", "first");
  const Built once = built();
  std::vector<char*> doubled;
  for (char** entry = environ; *entry != nullptr; ++entry) doubled.push_back(*entry);
  char second[] = "DATABRICKS_CLIENT_ID=second";
  doubled.push_back(second);
  char other_case[] = "PGLAKEBASE_client_id=third";
  doubled.push_back(other_case);
  doubled.push_back(nullptr);
  char** before = environ;
  environ = doubled.data();
  const Built twice = built();
  environ = before;
  EXPECT_EQ(twice, once);
}

TEST_F(RequestTest, StrangeEntriesInTheEnvironmentAreHarmless) {
  const Built none = built();
  char strange[][16] = {"", "=", "=x", "NOEQUALS", "PGLAKEBASE_=x", "PGLAKEBASE_"};
  std::vector<char*> entries;
  for (char** entry = environ; *entry != nullptr; ++entry) entries.push_back(*entry);
  for (char* entry : strange) entries.push_back(entry);
  entries.push_back(nullptr);
  char** before = environ;
  environ = entries.data();
  const Built with = built();
  environ = before;
  EXPECT_EQ(with, none);
}

// Two directories may hold files of one name, and the helper runs in "/".
TEST_F(RequestTest, PathsAreMadeAbsolute) {
  const std::filesystem::path here = std::filesystem::current_path();
  for (const char* variable :
       {"DATABRICKS_CONFIG_FILE", "AZURE_FEDERATED_TOKEN_FILE", "DATABRICKS_OIDC_TOKEN_FILEPATH",
        "AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CONFIG_DIR", "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CREDENTIALS", "PGLAKEBASE_USER_TOKEN_FILE"}) {
    environment_.set(variable, "file");
    std::filesystem::current_path("/usr");
    const std::string usr = built().name;
    EXPECT_NE(document().find("=/usr/file\n"), std::string::npos) << variable;
    std::filesystem::current_path("/etc");
    EXPECT_NE(built().name, usr) << variable;
    environment_.set(variable, "~/file");
    EXPECT_NE(document().find("=/home/x/file\n"), std::string::npos) << variable;
    environment_.unset(variable);
  }
  std::filesystem::current_path(here);
}

TEST_F(RequestTest, WhatIsNoPathStaysAsItIs) {
  environment_.set("GOOGLE_CREDENTIALS", " {\"type\": \"service_account\"}");
  EXPECT_NE(document().find("= {\"type\": \"service_account\"}\n"), std::string::npos);
  // A program without a slash is looked for in PATH.
  environment_.set("DATABRICKS_CLI_PATH", "databricks");
  EXPECT_NE(document().find("env.DATABRICKS_CLI_PATH=databricks\n"), std::string::npos);
}

TEST_F(RequestTest, RefreshBeforeIsReadInSeconds) {
  const auto refresh_before = [&](const char* value) {
    directives_.clear();
    directives_.add("refresh_before", value);
    return build().refresh_before_ms();
  };
  EXPECT_EQ(build().refresh_before_ms(), 0);
  EXPECT_EQ(refresh_before("300"), 300'000);
  EXPECT_EQ(refresh_before("0"), 0);
  EXPECT_EQ(refresh_before("-5"), 0);
  EXPECT_EQ(refresh_before("soon"), 0);
  EXPECT_GT(refresh_before("999999999999999999"), 0);
}

TEST_F(RequestTest, TheDocumentIsWholeAndInOrder) {
  environment_.set("DATABRICKS_CLIENT_SECRET", "line\nend=1");
  const std::string text = document();
  EXPECT_EQ(text.find("pglakebase-request=1\n"), 0U);
  EXPECT_EQ(text.find("\nend=1\n"), text.size() - 7);
  EXPECT_NE(text.find("secret.env.DATABRICKS_CLIENT_SECRET=line%0aend=1\n"), std::string::npos);
  EXPECT_NE(text.find("option.cache=" + (dir_ / "cache") + "\n"), std::string::npos);
}

TEST_F(RequestTest, WithoutMemoryItIsNotOk) {
  environment_.set("DATABRICKS_CLIENT_SECRET", "secret");
  environment_.set("https_proxy", "http://proxy");
  int failed = 0;
  for (int n = 0; n < 40; ++n) {
    const test::MallocFailsAfter none(n);
    failed += build().ok() ? 0 : 1;
  }
  EXPECT_GT(failed, 3);
}

TEST_F(RequestTest, SecretsAreWiped) {
  environment_.set("DATABRICKS_TOKEN", "dapi-s3cr3t-that-must-not-stay");
  const test::FreeWatch watch("dapi-s3cr3t-that-must-not-stay");
  EXPECT_NE(document().find("x"), 0U);
  EXPECT_GT(watch.freed(), 3);
  // document() itself returns a std::string, which nobody wipes.
  EXPECT_EQ(watch.leaked(), 0);
}

}  // namespace
}  // namespace pglakebase

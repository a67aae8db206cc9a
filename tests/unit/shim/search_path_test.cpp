#include "search_path.hpp"

#include <gtest/gtest.h>

#include <string>

#include "env_guard.hpp"

namespace pglakebase {
namespace {

std::string with_schema(std::string_view given, std::string_view schema) {
  Text options(given);
  append_search_path(options, schema);
  return std::string(options.view());
}

std::string schema_of(const Directives& directives, std::string_view user = "ann@example.com") {
  Text schema;
  append_schema(schema, directives, user);
  return std::string(schema.view());
}

TEST(SearchPath, StandsBehindTheOptionsThatWereGiven) {
  EXPECT_EQ(with_schema("", "shop"), R"(-c search_path="shop")");
  EXPECT_EQ(with_schema("-c work_mem=1", "shop"), R"(-c work_mem=1 -c search_path="shop")");
  EXPECT_EQ(with_schema("-c work_mem=1", ""), "-c work_mem=1");
}

TEST(SearchPath, AnyNameIsOneIdentifier) {
  EXPECT_EQ(with_schema("", "a b"), R"(-c search_path="a\ b")");
  EXPECT_EQ(with_schema("", R"(a"b)"), R"(-c search_path="a""b")");
  EXPECT_EQ(with_schema("", R"(a\b)"), R"(-c search_path="a\\b")");
  EXPECT_EQ(with_schema("", "a,b;c'd"), R"(-c search_path="a,b;c'd")");
}

TEST(SearchPath, TheCallersOwnStandsHoweverItIsWritten) {
  for (const std::string options :
       {"-c search_path=a", "-csearch_path=a", "--search_path=a", "--search-path=a",
        "-c Search_Path=a", "-c work_mem=1 -c SEARCH_PATH=a", R"(-c search\_path=a)",
        "-c ssearch_path=a"})
    EXPECT_EQ(with_schema(options, "shop"), options);
}

// It would take away the meaning of the blank behind it.
TEST(SearchPath, ABackslashAtTheEndIsDropped) {
  EXPECT_EQ(with_schema("-c a=b\\", "shop"), R"(-c a=b -c search_path="shop")");
  EXPECT_EQ(with_schema(R"(-c a=b\\)", "shop"), R"(-c a=b\\ -c search_path="shop")");
  EXPECT_EQ(with_schema(R"(-c a=b\\\)", "shop"), R"(-c a=b\\ -c search_path="shop")");
  EXPECT_EQ(with_schema("\\", "shop"), R"(-c search_path="shop")");
}

TEST(Schema, TheDirectiveOutranksTheEnvironment) {
  test::CleanEnvironment environment;
  Directives directives;
  EXPECT_EQ(schema_of(directives), "");
  environment.set("LAKEBASE_SCHEMA", "third");
  EXPECT_EQ(schema_of(directives), "third");
  environment.set("PGSCHEMA", "second");
  EXPECT_EQ(schema_of(directives), "second");
  directives.add("schema", "first");
  EXPECT_EQ(schema_of(directives), "first");
}

TEST(Schema, PerDeveloperIsNamedByTheUser) {
  test::CleanEnvironment environment;
  Directives directives;
  directives.add("schema", "per-developer");
  EXPECT_EQ(schema_of(directives), "ann");
  directives.add("schema_prefix", "dev");
  EXPECT_EQ(schema_of(directives), "dev_ann");
  EXPECT_EQ(schema_of(directives, "app"), "dev_app");
}

}  // namespace
}  // namespace pglakebase

#include "passed_over.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <utility>
#include <vector>

#include "env_guard.hpp"
#include "real_libpq.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

using Parameters = std::vector<std::pair<const char*, const char*>>;

class PassedOverTest : public testing::Test {
 protected:
  PassedOverTest() {
    environment_.set("HOME", home_.path());
    home_.write(".pg_service.conf",
                "[orders]\nhost=Db.Corp.example.,ep-x.database.cloud.databricks.com\n"
                "#lakebase: profile=PROD\n[other]\nhost=plain.example\n[empty]\nhost=,\n"
                "#lakebase: profile=X\n");
  }

  bool passed_over(const Parameters& parameters) {
    std::vector<const char*> keywords;
    std::vector<const char*> values;
    for (const auto& [keyword, value] : parameters) {
      keywords.push_back(keyword);
      values.push_back(value);
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    return can_be_passed_over({keywords.data(), values.data(), true, true}, libpq_);
  }

  test::CleanEnvironment environment_;
  const Libpq libpq_ = test::real_libpq();
  const test::TempDir home_;
};

TEST_F(PassedOverTest, WhatCannotLeadToLakebase) {
  for (const Parameters& parameters : std::initializer_list<Parameters>{
           {},
           {{"host", "localhost"}, {"port", "5432"}},
           {{"dbname", "host=localhost dbname=databricks_postgres"}},
           {{"host", "shop.postgres.database.azure.com"}},
           {{"host", nullptr}, {"dbname", "databricks_postgres"}},
           {{"host", "/run/postgresql"}, {"dbname", "service"}},
           {{"host", "plain.example"}, {"password", "ep-x.database.cloud.databricks.com"}},
           {{"dbname", "host=plain.example dbname=shop password='a b'"}},
           {{"dbname", "postgresql://me:secret@plain.example:5432/shop?sslmode=require"}},
       })
    EXPECT_TRUE(passed_over(parameters)) << (parameters.empty() ? "" : parameters[0].first);
}

TEST_F(PassedOverTest, WhatMayLeadThere) {
  for (const Parameters& parameters : std::initializer_list<Parameters>{
           {{"host", "ep-cool-1.database.us-east-1.cloud.databricks.com"}},
           {{"host", "plain.example,EP-COOL-1.DATABASE.CLOUD.DATABRICKS.COM."}},
           {{"host", "instance-1.database.AzureDatabricks.net"}},
           {{"dbname", "host='ep-cool-1.database.cloud.databricks.com'"}},
           {{"dbname", "postgresql://ep-cool-1.database.cloud.databricks.com/x"}},
           {{"dbname", "postgresql://ep%2Dcool-1.database.cloud.d%61tabricks.com/x"}},
           {{"dbname", "host=ep-cool-1.database.cloud.d\\atabricks.com"}},
           {{"dbname", "service=other"}},
           {{"dbname", "postgresql:///?service=other"}},
           {{"service", "other"}},
           {{"servicefile", "/etc/x"}},
           {{"host", "db.corp.EXAMPLE"}},
           {{"dbname", "postgresql://me@DB.corp.example./shop"}},
       })
    EXPECT_FALSE(passed_over(parameters)) << parameters[0].second;
}

TEST_F(PassedOverTest, TheEnvironmentCounts) {
  environment_.set("PGHOST", "plain.example");
  EXPECT_TRUE(passed_over({}));
  environment_.set("PGHOST", "ep-cool-1.database.cloud.databricks.com");
  EXPECT_FALSE(passed_over({}));
  environment_.set("PGHOST", "db.corp.example");
  EXPECT_FALSE(passed_over({}));
  environment_.unset("PGHOST");
  environment_.set("PGSERVICE", "other");
  EXPECT_FALSE(passed_over({{"host", "plain.example"}}));
}

TEST_F(PassedOverTest, WhatIsDeclaredLaterCounts) {
  home_.age(".pg_service.conf");
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(passed_over({{"host", "new.example"}}));
  home_.write(".pg_service.conf", "[n]\nhost=new.example\n#lakebase: profile=X\n");
  EXPECT_FALSE(passed_over({{"host", "new.example"}}));
  EXPECT_TRUE(passed_over({{"host", "db.corp.example"}}));
}

TEST_F(PassedOverTest, AnotherServiceFileCounts) {
  environment_.set("PGSERVICEFILE", home_.write("mine",
                                                "[p]\nhost=private.example\n"
                                                "#lakebase: profile=X\n"));
  EXPECT_FALSE(passed_over({{"host", "private.example"}}));
  EXPECT_TRUE(passed_over({{"host", "db.corp.example"}}));
}

}  // namespace
}  // namespace pglakebase

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "env_guard.hpp"
#include "pglakebase/core/service_file.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

class ServiceSectionsTest : public testing::Test {
 protected:
  ServiceSectionsTest() {
    environment_.set("HOME", dir_.path());
    environment_.set("PGSYSCONFDIR", dir_ / "system");
    std::filesystem::create_directory(dir_ / "system");
  }

  static std::vector<std::string> names() {
    std::vector<std::string> names;
    ServiceSections sections;
    ServiceSection section;
    while (sections.next(section)) names.emplace_back(section.name.view());
    return names;
  }

  test::TempDir dir_;
  test::CleanEnvironment environment_;
};

using Names = std::vector<std::string>;

TEST_F(ServiceSectionsTest, GoesThroughAllFilesStrongestFirst) {
  dir_.write(".pg_service.conf", "[a]\nhost=x\n[b]\n#lakebase: profile=p\n");
  dir_.write("system/pg_service.conf", "[c]\n[a]\n");
  EXPECT_EQ(names(), (Names{"a", "b", "c", "a"}));
}

TEST_F(ServiceSectionsTest, PassesOverFilesWithoutSections) {
  EXPECT_EQ(names(), Names{});
  dir_.write(".pg_service.conf", "# nothing\n");
  dir_.write("system/pg_service.conf", "[c]\n");
  EXPECT_EQ(names(), Names{"c"});
}

TEST_F(ServiceSectionsTest, SaysWhereASectionStandsAndWhetherItCounts) {
  const std::string own = dir_.write(".pg_service.conf", "[a]\n#lakebase: workspace=w\n");
  const std::string other = dir_.write("system/pg_service.conf", "[c]\n#lakebase: workspace=w\n");
  ServiceSections sections;
  ServiceSection section;
  ASSERT_TRUE(sections.next(section));
  EXPECT_EQ(section.file.view(), own);
  EXPECT_TRUE(section.trusted);
  EXPECT_EQ(section.refused.view(), "");
  ASSERT_TRUE(sections.next(section));
  EXPECT_EQ(section.file.view(), other);
  EXPECT_FALSE(section.trusted);
  EXPECT_NE(section.refused.view(), "");
  EXPECT_FALSE(sections.next(section));
}

TEST_F(ServiceSectionsTest, TellsWhetherALibpqPasswordIsGiven) {
  dir_.write(".pg_service.conf",
             "[none]\nuser=u\n[own]\npassword=x\n[file]\npassfile=/x\n[other]\nsslpassword=x\n");
  ServiceSections sections;
  ServiceSection section;
  std::vector<std::pair<bool, bool>> seen;
  while (sections.next(section)) seen.emplace_back(section.has_password, section.has_passfile);
  EXPECT_EQ(seen, (std::vector<std::pair<bool, bool>>{
                      {false, false}, {true, false}, {false, true}, {false, false}}));
}

}  // namespace
}  // namespace pglakebase

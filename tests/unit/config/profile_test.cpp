#include "pglakebase/config/profile.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "pglakebase/config/config_error.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

class ProfileTest : public testing::Test {
 protected:
  Profile load(const std::string& asked_for) {
    return load_profile(dir_ / "cfg", asked_for, "DATABRICKS_CONFIG_PROFILE", false, stamp_);
  }

  std::string error(const std::string& asked_for) {
    try {
      load(asked_for);
    } catch (const ConfigError& error) {
      EXPECT_EQ(error.hold_ms(), ConfigError::k_file_hold_ms);
      return error.what();
    }
    return "(none)";
  }

  test::TempDir dir_;
  std::string stamp_;
};

TEST_F(ProfileTest, TheOneAskedFor) {
  dir_.write("cfg", "[DEFAULT]\nhost=d\n[PROD]\nhost=p\n");
  EXPECT_EQ(load("PROD").values.at(0).second, "p");
  EXPECT_EQ(load("").values.at(0).second, "d");
  EXPECT_EQ(load("").name, "DEFAULT");
}

TEST_F(ProfileTest, TheFilesOwnDefault) {
  dir_.write("cfg", "[__settings__]\ndefault_profile = DEV\n[DEFAULT]\nhost=d\n[DEV]\nhost=v\n");
  EXPECT_EQ(load("").name, "DEV");
  EXPECT_EQ(load("DEFAULT").values.at(0).second, "d");
  dir_.write("cfg", "[__settings__]\ndefault_profile = GONE\n");
  EXPECT_NE(error("").find("default_profile"), std::string::npos);
}

TEST_F(ProfileTest, NobodyMissesAProfileThatNobodyAskedFor) {
  EXPECT_TRUE(load("").values.empty());
  dir_.write("cfg", "[PROD]\nhost=p\n");
  EXPECT_TRUE(load("").values.empty());
}

TEST_F(ProfileTest, MissingOnesAreErrorsWithTheSdksWords) {
  EXPECT_NE(error("PROD").find("does not exist"), std::string::npos);
  dir_.write("cfg", "[__settings__]\nx=1\n[DEV]\nhost=v\n[TEST]\nhost=t\n[EMPTY]\n");
  const std::string what = error("PROD");
  EXPECT_EQ(what.find((dir_ / "cfg") + " has no PROD profile configured"), 0U) << what;
  EXPECT_NE(what.find("DATABRICKS_CONFIG_PROFILE"), std::string::npos);
  EXPECT_NE(what.find("DEV, TEST"), std::string::npos);
  EXPECT_EQ(what.find("__settings__"), std::string::npos);
  EXPECT_NE(error("EMPTY").find("has no EMPTY profile"), std::string::npos);
  EXPECT_NE(error("__settings__").find("reserved"), std::string::npos);
}

TEST_F(ProfileTest, WhatCannotBeReadIsAnError) {
  ::mkdir((dir_ / "cfg").c_str(), 0700);
  EXPECT_NE(error("").find("cannot be read"), std::string::npos);
  ::rmdir((dir_ / "cfg").c_str());
  dir_.write("cfg", std::string(1024 * 1024 + 1, '#'));
  EXPECT_NE(error("").find("cannot be read"), std::string::npos);
}

TEST_F(ProfileTest, TheStampTellsAbsenceToo) {
  load("");
  EXPECT_EQ(stamp_, "absent " + (dir_ / "cfg") + "\n");
  dir_.write("cfg", "[DEFAULT]\nhost=d\n");
  load("");
  EXPECT_EQ(stamp_.find("absent"), std::string::npos);
  EXPECT_NE(stamp_.find(dir_ / "cfg"), std::string::npos);
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/config/ini_file.hpp"

#include <gtest/gtest.h>

#include "pglakebase/config/config_error.hpp"

namespace pglakebase {
namespace {

std::string value(const std::string& line) {
  const IniFile ini = IniFile::parse("[s]\n" + line + "\n", "/f");
  const std::string* found = ini.find("s", "key");
  return found != nullptr ? *found : "(none)";
}

TEST(IniFile, ReadsSectionsInOrder) {
  const IniFile ini = IniFile::parse(
      "\xef\xbb\xbfhost = https://top\n; comment\n# another = one\n[PROD]\r\nhost=https://p\r\n"
      "[ blank name ]\n[EMPTY]\n[PROD]\ntoken : t\n",
      "/f");
  EXPECT_EQ(*ini.find("DEFAULT", "host"), "https://top");
  EXPECT_EQ(*ini.find("PROD", "host"), "https://p");
  EXPECT_EQ(*ini.find("PROD", "token"), "t");
  EXPECT_NE(ini.find("blank name"), nullptr);
  EXPECT_TRUE(ini.find("EMPTY")->empty());
  EXPECT_EQ(ini.find("NONE"), nullptr);
  EXPECT_EQ(ini.sections(), (std::vector<std::string>{"DEFAULT", "PROD", "blank name", "EMPTY"}));
}

TEST(IniFile, ReadsValues) {
  EXPECT_EQ(value("key=v"), "v");
  EXPECT_EQ(value("  key  =  two words  "), "two words");
  EXPECT_EQ(value("key = a=b:c"), "a=b:c");
  EXPECT_EQ(value("key: v"), "v");
  EXPECT_EQ(value("key = \"quoted ; # value\""), "quoted ; # value");
  EXPECT_EQ(value("key = 'single'"), "single");
  EXPECT_EQ(value("key = `back`"), "back");
  EXPECT_EQ(value("key = \"quoted\" # comment"), "quoted");
  EXPECT_EQ(value("key = \"open"), "\"open");
  EXPECT_EQ(value("key = \"a\" and \"b\""), "\"a\" and \"b\"");
  EXPECT_EQ(value("key = v # comment"), "v");
  EXPECT_EQ(value("key = v\t; comment"), "v");
  EXPECT_EQ(value("key = v#not;one"), "v#not;one");
  EXPECT_EQ(value("key = # comment"), "");
  EXPECT_EQ(value("key ="), "");
  EXPECT_EQ(value("key = first\nkey = second"), "second");
  EXPECT_EQ(value("Key = other"), "(none)");
}

TEST(IniFile, RefusesWhatIsNoneWithoutShowingIt) {
  for (const char* text : {"[s\nkey=v", "[s] trailing", "just-a-secret", "= secret"}) {
    try {
      IniFile::parse(text, "/home/u/.databrickscfg");
      ADD_FAILURE() << "accepted: " << text;
    } catch (const ConfigError& error) {
      const std::string what = error.what();
      EXPECT_NE(what.find("/home/u/.databrickscfg"), std::string::npos);
      EXPECT_NE(what.find("line 1"), std::string::npos) << what;
      EXPECT_EQ(what.find("secret"), std::string::npos) << what;
      EXPECT_EQ(error.hold_ms(), ConfigError::k_file_hold_ms);
    }
  }
  EXPECT_THROW(IniFile::parse(std::string_view("[s]\nkey=a\0b", 11), "/f"), ConfigError);
}

TEST(IniFile, SurvivesAnything) {
  unsigned seed = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      seed = seed * 1664525 + 1013904223;
      text += "[]=:;#\"'`\n\r\t abc\\"[seed >> 16 & 15];
    }
    try {
      IniFile::parse(text, "/f");
    } catch (const ConfigError&) {
    }
  }
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/core/service_file.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include "env_guard.hpp"
#include "pglakebase/core/view.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

class ServiceFileTest : public testing::Test {
 protected:
  ServiceFileTest() { environment_.set("HOME", dir_.path()); }

  /// The section as ~/.pg_service.conf, or as a file given by PGSERVICEFILE.
  Found find(std::string_view content, std::string_view name = "s") {
    dir_.write(".pg_service.conf", content);
    return find_service({}, name, section_);
  }

  test::TempDir dir_;
  test::CleanEnvironment environment_;
  ServiceSection section_;
};

TEST_F(ServiceFileTest, ReadsSettingsAndDirectives) {
  ASSERT_EQ(find("[other]\nhost=no\n#lakebase: profile=NO\n"
                 "[s]\nhost=h\nhostaddr=1.2.3.4\nport=5\ndbname=d\nuser=u\n"
                 "#lakebase: profile=PROD\n# lakebase: ttl = 900s \n##LAKEBASE:group=x\n"
                 "[later]\nhost=no\n#lakebase: profile=LATER\n"),
            Found::yes);
  EXPECT_EQ(section_.file.view(), dir_ / ".pg_service.conf");
  EXPECT_EQ(section_.name.view(), "s");
  EXPECT_EQ(section_.host.view(), "h");
  EXPECT_EQ(section_.hostaddr.view(), "1.2.3.4");
  EXPECT_EQ(section_.port.view(), "5");
  EXPECT_EQ(section_.dbname.view(), "d");
  EXPECT_EQ(section_.user.view(), "u");
  EXPECT_FALSE(section_.has_password);
  EXPECT_TRUE(section_.trusted);
  EXPECT_EQ(section_.refused.view(), "");
  EXPECT_EQ(section_.directives.get("profile"), "PROD");
  EXPECT_EQ(section_.directives.get("ttl"), "900s");
  EXPECT_EQ(section_.directives.get("group"), "x");
}

TEST_F(ServiceFileTest, TakesWindowsLineEndsAndNoLineEnd) {
  ASSERT_EQ(find("[s]\r\nhost=h\r\n#lakebase: profile=PROD\r\n#lakebase: ttl=1s"), Found::yes);
  EXPECT_EQ(section_.host.view(), "h");
  EXPECT_EQ(section_.directives.get("profile"), "PROD");
  EXPECT_EQ(section_.directives.get("ttl"), "1s");
}

TEST_F(ServiceFileTest, OfTwoValuesTheFirstCountsEvenIfItIsEmpty) {
  ASSERT_EQ(find("[s]\nhost=\nhost=two\nport=1\nport=2\n[t]\nhost=three\n"), Found::yes);
  EXPECT_EQ(section_.host.view(), "");
  EXPECT_EQ(section_.port.view(), "1");
  ASSERT_EQ(find_service({}, "t", section_), Found::yes);
  EXPECT_EQ(section_.host.view(), "three");
}

TEST_F(ServiceFileTest, PassesOverOtherComments) {
  ASSERT_EQ(find("[s]\n# a comment\n#lakebase\n#lakebaseprofile=x\n# my lakebase: profile=x\n#\n"
                 "# see pglakebase: profile=x\nhost=h\n"),
            Found::yes);
  EXPECT_TRUE(section_.directives.empty());
  EXPECT_EQ(section_.refused.view(), "");
}

TEST_F(ServiceFileTest, DirectivesBeforeTheFirstSectionBelongToNone) {
  ASSERT_EQ(find("#lakebase: profile=NO\n[s]\nhost=h\n"), Found::yes);
  EXPECT_TRUE(section_.directives.empty());
}

TEST_F(ServiceFileTest, AMistakeIsNamedNotPassedOver) {
  struct Row {
    const char* line;
    const char* expected;
  };
  const Row rows[] = {
      {"#lakebase: profil=PROD", "\"profil\" is no setting that pglakebase knows"},
      {"#lakebase: PROFILE=PROD", "\"PROFILE\" is no setting that pglakebase knows"},
      {"#lakebase: profile=", "\"profile\" has no value"},
      {"#lakebase: profile", "\"profile\" has no value"},
      {"#lakebase: use_lakebase=1", "\"use_lakebase\" is no setting that pglakebase knows"},
      {"#lakebase:", "\"\" is no setting that pglakebase knows"},
      {"#lakebase: =x", "\"\" is no setting that pglakebase knows"},
  };
  for (const Row& row : rows) {
    ASSERT_EQ(find(std::string("[s]\n") + row.line + "\n"), Found::yes);
    EXPECT_EQ(section_.refused.view(), row.expected);
  }
}

TEST_F(ServiceFileTest, WhatIsDangerousNeedsATrustedFile) {
  const std::string content = "[s]\nhost=h\n#lakebase: workspace=https://evil.example.com\n";
  environment_.set("PGSERVICEFILE", dir_.write("cloned.conf", content));
  ASSERT_EQ(find_service({}, "s", section_), Found::yes);
  EXPECT_FALSE(section_.trusted);
  EXPECT_NE(section_.refused.view().find("\"workspace\" counts only in"), std::string_view::npos);

  // The user's own file stays the user's own by whatever name.
  const std::string own = dir_.write(".pg_service.conf", content);
  environment_.set("PGSERVICEFILE", own);
  ASSERT_EQ(find_service({}, "s", section_), Found::yes);
  EXPECT_TRUE(section_.trusted);
  EXPECT_EQ(section_.refused.view(), "");
}

TEST_F(ServiceFileTest, AFileThatOthersMayWriteDoesNotCount) {
  const std::string file = dir_.write(".pg_service.conf", "[s]\nhost=h\n#lakebase: profile=X\n");
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  ASSERT_EQ(find_service({}, "s", section_), Found::yes);
  EXPECT_NE(section_.refused.view().find("writable by nobody else"), std::string_view::npos);
  dir_.write("x", "");
  // Without directives there is nothing to refuse.
  dir_.write(".pg_service.conf", "[s]\nhost=h\n");
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  ASSERT_EQ(find_service({}, "s", section_), Found::yes);
  EXPECT_EQ(section_.refused.view(), "");
}

TEST_F(ServiceFileTest, StrongerFilesFirst) {
  dir_.write(".pg_service.conf", "[s]\nhost=home\n[h]\nhost=home\n");
  const std::string given = dir_.write("given.conf", "[s]\nhost=given\n");
  const std::string variable = dir_.write("variable.conf", "[s]\nhost=variable\n");
  ::mkdir((dir_ / "etc").c_str(), 0700);
  dir_.write("etc/pg_service.conf", "[s]\nhost=etc\n[e]\nhost=etc\n");
  environment_.set("PGSYSCONFDIR", dir_ / "etc");

  ASSERT_EQ(find_service(given, "s", section_), Found::yes);
  EXPECT_EQ(section_.host.view(), "given");
  ASSERT_EQ(find_service({}, "s", section_), Found::yes);
  EXPECT_EQ(section_.host.view(), "home");
  ASSERT_EQ(find_service({}, "e", section_), Found::yes);
  EXPECT_EQ(section_.host.view(), "etc");
  environment_.set("PGSERVICEFILE", variable);
  ASSERT_EQ(find_service({}, "s", section_), Found::yes);
  EXPECT_EQ(section_.host.view(), "variable");
  ASSERT_EQ(find_service({}, "e", section_), Found::yes);
  EXPECT_EQ(section_.host.view(), "etc");
  // libpq does not look at ~ where PGSERVICEFILE is given.
  EXPECT_EQ(find_service({}, "h", section_), Found::no);
  EXPECT_TRUE(section_.name.empty());
}

TEST_F(ServiceFileTest, ANameMayHoldABracket) {
  ASSERT_EQ(find("[a]s]\nhost=h\n#lakebase: profile=X\n", "a]s"), Found::yes);
  EXPECT_EQ(section_.name.view(), "a]s");
  EXPECT_EQ(section_.directives.get("profile"), "X");
}

TEST_F(ServiceFileTest, AStreamIsSomethingElseThanAFile) {
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_TRUE(service_file_is_stream(dir_ / "fifo"));
  EXPECT_FALSE(service_file_is_stream(dir_.write("file", "")));
  EXPECT_FALSE(service_file_is_stream(dir_ / "absent"));
  EXPECT_FALSE(service_file_is_stream({}));
  environment_.set("PGSERVICEFILE", dir_ / "fifo");
  EXPECT_TRUE(service_file_is_stream({}));
}

TEST_F(ServiceFileTest, HostilePlacesAreNotRead) {
  environment_.set("PGSERVICEFILE", "relative.conf");
  EXPECT_EQ(find_service({}, "s", section_), Found::no);
  ASSERT_EQ(::mkfifo((dir_ / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(find_service(dir_ / "fifo", "s", section_), Found::no);
  EXPECT_EQ(find_service(dir_.path(), "s", section_), Found::no);
  EXPECT_EQ(find_service("/dev/zero", "s", section_), Found::no);
  const MemoryWatch memory;
  EXPECT_EQ(find_service("/dev/null", "s", section_), Found::no);
  EXPECT_EQ(find_service(dir_ / "absent", "s", section_), Found::no);
  EXPECT_FALSE(memory.ran_out());
  // What may stand in it would be missing.
  EXPECT_EQ(find_service(dir_.write("huge", std::string(2 * 1024 * 1024, '#')), "s", section_),
            Found::no);
  EXPECT_TRUE(memory.ran_out());
}

TEST_F(ServiceFileTest, FindsTheOneSectionOfAHost) {
  const std::string one = "[a]\nhost=EP-X.example.com.,other\n#lakebase: profile=A\n";
  dir_.write(".pg_service.conf", one + "[plain]\nhost=ep-x.example.com\n");
  bool several = true;
  ASSERT_EQ(find_service_of_host({}, "ep-x.example.com", section_, several), Found::yes);
  EXPECT_FALSE(several);
  EXPECT_EQ(section_.name.view(), "a");
  EXPECT_EQ(section_.directives.get("profile"), "A");
  EXPECT_EQ(find_service_of_host({}, "other", section_, several), Found::yes);
  EXPECT_EQ(find_service_of_host({}, "ep-y.example.com", section_, several), Found::no);
  EXPECT_FALSE(several);
  EXPECT_EQ(find_service_of_host({}, "", section_, several), Found::no);

  dir_.write(".pg_service.conf", one + "[b]\nhost=ep-x.example.com\n#lakebase: profile=B\n");
  EXPECT_EQ(find_service_of_host({}, "ep-x.example.com", section_, several), Found::no);
  EXPECT_TRUE(several);
}

// What libpq itself resolves, without any connection: it fails at target_session_attrs.
struct Resolved {
  bool ok = false;
  std::string host, port, dbname, user;
};

Resolved libpq(const std::string& service) {
  const char* keywords[] = {"service", "target_session_attrs", nullptr};
  const char* values[] = {service.c_str(), "pglakebase-sentinel", nullptr};
  PGconn* connection = PQconnectStartParams(keywords, values, 0);
  Resolved resolved;
  resolved.ok = std::string_view(PQerrorMessage(connection)).find("pglakebase-sentinel") !=
                std::string_view::npos;
  PQconninfoOption* options = PQconninfo(connection);
  for (PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val == nullptr) continue;
    const std::string_view key = option->keyword;
    if (key == "host") resolved.host = option->val;
    if (key == "port") resolved.port = option->val;
    if (key == "dbname") resolved.dbname = option->val;
    if (key == "user") resolved.user = option->val;
  }
  PQconninfoFree(options);
  PQfinish(connection);
  return resolved;
}

std::string or_else(const Text& text, const char* otherwise) {
  return text.empty() ? otherwise : std::string(text.view());
}

// Files of all kinds of lines: wherever libpq accepts the file, we must have read the same section.
TEST_F(ServiceFileTest, ReadsSectionsLikeLibpq) {
  const char* lines[] = {"[s]",         "[s]",
                         " [s]",        "[s] trailing",
                         "[s]#x",       "[ s ]",
                         "[t]",         "[s2]",
                         "[S]",         "[s",
                         "[]",          "[s]]",
                         "[a]s]",       "host=one",
                         "host=two",    "  host=three",
                         "host=four  ", "\thost=five\t",
                         "port=1",      "port=2",
                         "dbname=d",    "dbname=a b",
                         "user=u",      "",
                         "   ",         "# comment",
                         "  # comment", "#lakebase: profile=X",
                         "#[s]",        "host=x#y",
                         "host=a=b",    "\fhost=ff",
                         "host=q\r",    "[s]\r",
                         "\v[s]",       "#lakebase: ttl=1s\r",
                         "dbname='q'",  "password=p"};
  std::mt19937 random(99);
  const auto pick = [&] { return std::string(lines[random() % std::size(lines)]); };
  const char* names[] = {"s", "s", "t", "s2", "S", " s ", "nosuch", "s]", "a]s"};
  int accepted = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string content;
    const std::size_t count = random() % 9;
    for (std::size_t i = 0; i < count; ++i) content += pick() + "\n";
    if (round % 3 == 0) content += pick();
    const std::string file = dir_.write("file.conf", content);
    environment_.set("PGSERVICEFILE", file);
    environment_.set("PGSYSCONFDIR", dir_ / "none");
    environment_.set("PGUSER", "someone");
    const std::string name = names[random() % std::size(names)];
    const Resolved theirs = libpq(name);
    if (!theirs.ok) continue;
    ++accepted;
    ServiceSection ours;
    ASSERT_EQ(find_service({}, name, ours), Found::yes) << name << "\n" << content;
    EXPECT_EQ(ours.host.view(), theirs.host) << name << "\n" << content;
    EXPECT_EQ(or_else(ours.port, "5432"), theirs.port) << name << "\n" << content;
    EXPECT_EQ(or_else(ours.user, "someone"), theirs.user) << name << "\n" << content;
    EXPECT_EQ(or_else(ours.dbname, theirs.user.c_str()), theirs.dbname) << name << "\n" << content;
    if (testing::Test::HasFailure()) break;
  }
  EXPECT_GT(accepted, 100);
}

TEST_F(ServiceFileTest, AnyBytesAreReadWithoutHarm) {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string content = "[s]\n#lakebase: profile=A\nhost=h\n";
    for (int i = 0; i < 6; ++i)
      content.insert(random() % (content.size() + 1), 1, static_cast<char>(random()));
    std::size_t position = 0;
    int sections = 0;
    ServiceSection section;
    while (next_section(content, position, section)) ASSERT_LT(++sections, 100);
  }
}

TEST_F(ServiceFileTest, ListsAllSectionsOfAllFiles) {
  dir_.write(".pg_service.conf", "[a]\nhost=1\n[b]\nhost=2\n");
  ::mkdir((dir_ / "etc").c_str(), 0700);
  dir_.write("etc/pg_service.conf", "[c]\nhost=3\n");
  environment_.set("PGSYSCONFDIR", dir_ / "etc");
  ServiceSections sections;
  std::string names;
  ServiceSection section;
  while (sections.next(section)) names.append(section.name.view()).append(",");
  EXPECT_EQ(names, "a,b,c,");
}

}  // namespace
}  // namespace pglakebase

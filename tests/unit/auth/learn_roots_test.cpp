#include "pglakebase/auth/learn_roots.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pglakebase {
namespace {

std::string listed(std::string_view hosts, std::string_view addresses, std::string_view ports) {
  std::string out;
  for (const TlsServer& server : list_servers(hosts, addresses, ports))
    out += server.host + "@" + server.address + ":" + server.port + " ";
  return out;
}

TEST(ListServers, PairsTheListsAsLibpqDoes) {
  EXPECT_EQ(listed("a", "", "5432"), "a@:5432 ");
  EXPECT_EQ(listed("a,b", "", "1,2"), "a@:1 b@:2 ");
  EXPECT_EQ(listed("a,b", "", "1"), "a@:1 b@:1 ");
  EXPECT_EQ(listed("a,b", "10.0.0.1,10.0.0.2", "1,2"), "a@10.0.0.1:1 b@10.0.0.2:2 ");
  EXPECT_EQ(listed("a,b", "10.0.0.1,", "1,"), "a@10.0.0.1:1 b@:5432 ");
  EXPECT_EQ(listed("a", "", ""), "a@:5432 ");
}

TEST(ListServers, ADotAtTheEndIsNotInTheCertificate) {
  EXPECT_EQ(listed("a.example.", "", "1"), "a.example@:1 ");
}

TEST(ListServers, GivesNothingForListsThatDoNotFit) {
  EXPECT_EQ(listed("a,b", "10.0.0.1", "1"), "");
  EXPECT_EQ(listed("a", "10.0.0.1,10.0.0.2", "1"), "");
  EXPECT_EQ(listed("a,b", "", "1,2,3"), "");
}

TEST(ListServers, GivesNothingForADefaultHostOrASocket) {
  EXPECT_EQ(listed("", "", "1"), "");
  EXPECT_EQ(listed("a,", "", "1"), "");
  EXPECT_EQ(listed("/tmp", "", "1"), "");
}

TEST(ListServers, GivesNothingForAVeryLongList) {
  std::string hosts = "a";
  for (int i = 1; i < 16; ++i) hosts += ",a";
  EXPECT_NE(listed(hosts, "", "1"), "");
  EXPECT_EQ(listed(hosts + ",a", "", "1"), "");
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/net/http.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(OriginOf, KeepsSchemeNameAndPortOnly) {
  EXPECT_EQ(origin_of("https://a.example:8443/path?token=x"), "https://a.example:8443");
  EXPECT_EQ(origin_of("https://a.example"), "https://a.example");
  EXPECT_EQ(origin_of("https://a.example?x"), "https://a.example");
  EXPECT_EQ(origin_of("a.example/secret"), "");
}

TEST(IsLocalAddress, TakesWhatNoRouterPassesOn) {
  for (const char* url : {"http://localhost:1/x", "http://127.0.0.1", "http://[::1]:1/x",
                          "http://169.254.169.254/metadata", "http://10.1.2.3", "http://172.16.0.1",
                          "http://172.31.9.9", "http://192.168.1.1:80/",
                          "http://metadata.google.internal/x", "http://[fe80::1]/"})
    EXPECT_TRUE(is_local_address(url)) << url;
  for (const char* url :
       {"http://example.com", "http://8.8.8.8", "http://172.32.0.1", "http://172.15.0.1",
        "http://localhost.example.com", "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com", "http://localhost:1@example.com", "http://0x7f.1",
        "http://127.1", "http://[2001::1]", "", "localhost"})
    EXPECT_FALSE(is_local_address(url)) << url;
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/net/form.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(Form, EncodesEverythingButUnreservedCharacters) {
  EXPECT_EQ(percent_encoded("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(percent_encoded("a b+c&d=e/\xc3\xa9%"), "a%20b%2Bc%26d%3De%2F%C3%A9%25");
}

TEST(Form, JoinsFields) {
  EXPECT_EQ(form_encoded({{"grant_type", "client_credentials"}, {"scope", "a b"}}),
            "grant_type=client_credentials&scope=a%20b");
  EXPECT_EQ(form_encoded({}), "");
}

}  // namespace
}  // namespace pglakebase

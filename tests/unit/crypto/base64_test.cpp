#include "pglakebase/crypto/base64.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

// RFC 4648, section 10.
TEST(Base64, TheVectorsOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(Base64, LongInputHasNoLineBreaks) {
  const std::string encoded = base64(std::string(3000, 'x'));
  EXPECT_EQ(encoded.size(), 4000U);
  EXPECT_EQ(encoded.find('\n'), std::string::npos);
}

TEST(Base64, IsReadAgain) {
  for (const char* text : {"", "f", "fo", "foo", "\xff\xfe"})
    EXPECT_EQ(base64_decoded(base64(text)), text);
  for (const char* text : {"Zg", "Zg=", "Zg===", "Z-8=", "Zm9v=", "Zm 9", "=Zg="})
    EXPECT_EQ(base64_decoded(text), std::nullopt) << text;
}

TEST(Base64Url, GoesThereAndBack) {
  EXPECT_EQ(base64url("\xff\xfe\xfa\xfb"), "__76-w");
  for (const char* text : {"", "f", "fo", "foo", "foob", "\xff\xfe\x01"})
    EXPECT_EQ(base64url_decoded(base64url(text)), text);
  EXPECT_EQ(base64url_decoded(std::string_view("AAA")), std::string(2, '\0'));
}

TEST(Base64Url, OtherTextsAreNone) {
  for (const char* text : {"A", "AA==", "A+AA", "A/AA", "A A A", "AAAA\n", "\xc3\xa4"})
    EXPECT_FALSE(base64url_decoded(text)) << text;
}

TEST(Base64, ReadsTheUrlSafeKindWithoutPadding) {
  for (const std::string& bytes :
       {std::string(), std::string("f"), std::string("fo"), std::string("foo"),
        std::string("foobar"), std::string("\0\xff\xfe\xfb", 4)}) {
    std::string encoded = base64(bytes);
    while (encoded.ends_with('=')) encoded.pop_back();
    for (char& c : encoded) c = c == '+' ? '-' : c == '/' ? '_' : c;
    EXPECT_EQ(base64url_decoded(encoded), bytes);
  }
  EXPECT_EQ(base64url_decoded("_-8"), "\xff\xef");
}

TEST(Base64, RefusesWhatIsNotUrlSafe) {
  for (const char* text :
       {"Zg==", "Z", "Zm9v+A", "Zm9v/A", "Zm9v ", " Zm9v", "Zm9v\n", "Z*9v", "Zm9vA"})
    EXPECT_EQ(base64url_decoded(text), std::nullopt) << text;
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/cli/json.hpp"

#include <gtest/gtest.h>

namespace pglakebase {
namespace {

TEST(JsonWriter, PutsCommasBetweenAndNowhereElse) {
  Text out;
  JsonWriter json(out);
  json.begin_object();
  json.string("a", "x");
  json.number("b", -5);
  json.begin_array("c");
  json.end_array();
  json.begin_array("d");
  json.string({}, "y");
  json.begin_object();
  json.end_object();
  json.begin_object();
  json.boolean("e", true);
  json.boolean("f", false);
  json.end_object();
  json.end_array();
  json.null("g");
  json.end_object();
  EXPECT_EQ(out.view(), R"({"a":"x","b":-5,"c":[],"d":["y",{},{"e":true,"f":false}],"g":null})");
}

TEST(JsonWriter, EscapesWhatJsonForbids) {
  Text out;
  JsonWriter(out).string({}, "\"\\/\n\x01\x7f\xc3\xbc");
  EXPECT_EQ(out.view(), "\"\\\"\\\\/\\u000a\\u0001\\u007f\xc3\xbc\"");
}

}  // namespace
}  // namespace pglakebase

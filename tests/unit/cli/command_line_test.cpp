#include "pglakebase/cli/command_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pglakebase {
namespace {

struct Split {
  std::size_t own;
  bool separator;
  bool operator==(const Split&) const = default;
};

Split split(std::vector<std::string> words) {
  words.insert(words.begin(), "pglakebase");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  Split result{};
  result.own = own_arguments(arguments, result.separator);
  return result;
}

TEST(CommandLine, IsAllOursWithoutRun) {
  EXPECT_EQ(split({}), (Split{1, false}));
  EXPECT_EQ(split({"token", "--", "orders"}), (Split{4, false}));
  EXPECT_EQ(split({"--help", "run", "x"}), (Split{4, false}));
}

TEST(CommandLine, EndsAtTheSeparator) {
  EXPECT_EQ(split({"run", "--", "psql"}), (Split{2, true}));
  EXPECT_EQ(split({"run", "--no-warm", "--", "--", "x"}), (Split{3, true}));
  EXPECT_EQ(split({"run", "--"}), (Split{2, true}));
}

TEST(CommandLine, EndsAtTheFirstWordThatIsNoOption) {
  EXPECT_EQ(split({"run", "psql", "--", "x"}), (Split{2, false}));
  EXPECT_EQ(split({"run", "--no-warm", "psql"}), (Split{3, false}));
  EXPECT_EQ(split({"run", "--service", "orders", "psql", "-c"}), (Split{4, false}));
  EXPECT_EQ(split({"run", "--service=orders", "psql"}), (Split{3, false}));
  EXPECT_EQ(split({"run", "", "x"}), (Split{2, false}));
}

TEST(CommandLine, TakesNoProgramFromAnOptionsValue) {
  EXPECT_EQ(split({"run", "--service", "--", "psql"}), (Split{4, false}));
  EXPECT_EQ(split({"run", "--service"}), (Split{3, false}));
}

}  // namespace
}  // namespace pglakebase

#include "pglakebase/core/cache_listing.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "temp_dir.hpp"

namespace pglakebase {
namespace {

using Files = std::multiset<std::string>;

Files listed(const Cache& cache) {
  Files files;
  CacheListing listing(cache);
  Text kind;
  EntryName name;
  while (listing.next(kind, name))
    files.insert(std::string(kind.view()) + "-" + std::string(name.view()));
  return files;
}

class CacheListingTest : public testing::Test {
 protected:
  CacheListingTest() : cache_(Cache::open_at(dir_.path())) {}

  test::TempDir dir_;
  Cache cache_;
};

TEST_F(CacheListingTest, NamesEveryEntryOnce) {
  Files files;
  for (const std::string kind : {"request", "credential", "lock"})
    for (int i = 0; i < 100; ++i) {
      const EntryName name = cache_.name(kind + std::to_string(i));
      ASSERT_TRUE(cache_.write(kind, name, ""));
      files.insert(kind + "-" + std::string(name.view()));
    }
  EXPECT_EQ(listed(cache_), files);
  EXPECT_EQ(listed(cache_), files) << "a second listing starts anew";
}

TEST_F(CacheListingTest, PassesOverWhatIsNoEntry) {
  const std::string name(64, 'a');
  for (const std::string& file :
       {std::string("new-0123456789abcdef"), std::string("request"), "-" + name,
        "request-" + name + "a", "request-" + name.substr(1), "request-" + std::string(64, 'A'),
        "request-" + std::string(64, 'g'), "a-b-" + name, "request-" + std::string(200, 'a')})
    dir_.write(file, "");
  EXPECT_EQ(listed(cache_), Files{});
}

TEST_F(CacheListingTest, HasNothingWithoutACache) {
  EXPECT_EQ(listed(Cache()), Files{});
}

}  // namespace
}  // namespace pglakebase

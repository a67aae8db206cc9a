#include "pglakebase/auth/entries.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/key_value.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

class EntriesTest : public test::SignInTest {
 protected:
  static Credential credential() {
    Credential made;
    made.token.assign("tok");
    made.identity.assign(std::string(64, 'a'));
    made.issued_ms = 1'000;
    made.expires_ms = 2'000;
    return made;
  }

  std::vector<std::string> issued(std::string_view key) {
    Text text;
    Record record;
    EXPECT_TRUE(cache_.read(k_kind_issued, cache_.name("issuedtok"), text));
    EXPECT_TRUE(record.parse(text.view(), k_kind_issued));
    std::vector<std::string> values;
    std::size_t position = 0;
    std::string_view found;
    std::string_view value;
    while (record.next(position, found, value))
      if (found == key) values.emplace_back(value);
    return values;
  }

  RequestDocument document(const std::string& selecting, const std::string& host) {
    RequestDocument made;
    made.selecting = selecting;
    made.hosts = {host};
    return made;
  }
};

TEST_F(EntriesTest, ATokenIsKnownForAllItsRequests) {
  const RequestDocument first = document("one", "a");
  const RequestDocument second = document("two", "b");
  Entries(cache_, first).write_issued(credential(), false);
  Entries(cache_, second).write_issued(credential(), false);
  Entries(cache_, first).write_issued(credential(), false);
  EXPECT_EQ(issued("host"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(issued("request").size(), 2U);
  EXPECT_EQ(issued("identity"), std::vector<std::string>{std::string(64, 'a')});
  EXPECT_EQ(issued("expires_ms"), std::vector<std::string>{"2000"});
}

TEST_F(EntriesTest, AResolutionEndsAFailure) {
  const RequestDocument request = document("one", "a");
  const Entries entries(cache_, request);
  Failure failure;
  failure.sentence.assign("why");
  entries.write_failure(failure);
  Text text;
  EXPECT_TRUE(cache_.read(k_kind_failure, entries.request_name(), text));
  entries.write_resolution(cache_.name("identity"), "absent /f\n");
  EXPECT_FALSE(cache_.read(k_kind_failure, entries.request_name(), text));
  text.clear();
  Resolution resolution;
  EXPECT_TRUE(cache_.read(k_kind_request, entries.request_name(), text));
  EXPECT_TRUE(resolution.parse(text.view()));
  EXPECT_EQ(resolution.selecting.view(), "one");
  EXPECT_TRUE(resolution.files_unchanged());
}

TEST_F(EntriesTest, TheNoteLivesAsLongAsTheFetch) {
  const EntryName name = cache_.name("r");
  Text text;
  {
    const FetchingNote note(cache_, name);
    Record record;
    EXPECT_TRUE(cache_.read(k_kind_fetching, name, text));
    EXPECT_TRUE(record.parse(text.view(), k_kind_fetching));
    EXPECT_EQ(record.number("pid", 0), ::getpid());
    EXPECT_NEAR(static_cast<double>(record.number("since_ms", 0)),
                static_cast<double>(wall_clock_ms()), 5'000);
  }
  text.clear();
  EXPECT_FALSE(cache_.read(k_kind_fetching, name, text));
}

TEST_F(EntriesTest, AnothersNoteStays) {
  const EntryName name = cache_.name("r");
  Text other;
  Record::begin(other, k_kind_fetching);
  append_field(other, "pid", std::int64_t{1});
  append_field(other, "since_ms", wall_clock_ms());
  Record::finish(other);
  {
    const FetchingNote note(cache_, name);
    cache_.write(k_kind_fetching, name, other.view());
  }
  Text text;
  EXPECT_TRUE(cache_.read(k_kind_fetching, name, text));
}

TEST_F(EntriesTest, SweepsWhatIsOldButLocksAndTheKey) {
  const std::string name(64, '0');
  for (const std::string& file :
       {"credential-" + name, "issued-" + name, std::string("new-0011223344556677"), "lock-" + name,
        std::string("foreign"), std::string("credential-short")}) {
    dir_.write("cache/" + file, "x");
  }
  dir_.write("cache/request-" + name, "x");
  const std::int64_t now = wall_clock_ms();
  sweep(cache_, now + 47LL * 3600 * 1000);
  EXPECT_TRUE(std::filesystem::exists(dir_ / ("cache/credential-" + name)));
  EXPECT_FALSE(std::filesystem::exists(dir_ / "cache/new-0011223344556677"));
  sweep(cache_, now + 49LL * 3600 * 1000);
  for (const std::string kind : {"credential-", "issued-", "request-"})
    EXPECT_FALSE(std::filesystem::exists(dir_ / ("cache/" + kind + name))) << kind;
  for (const std::string& file : {"lock-" + name, std::string("foreign"), std::string("key"),
                                  std::string("credential-short")})
    EXPECT_TRUE(std::filesystem::exists(dir_ / ("cache/" + file))) << file;
}

}  // namespace
}  // namespace pglakebase

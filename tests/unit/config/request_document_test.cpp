#include "pglakebase/config/request_document.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "env_guard.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/cache.hpp"
#include "pglakebase/core/request.hpp"
#include "temp_dir.hpp"

namespace pglakebase {
namespace {

std::string document_of(const Request& request, const Request::Options& options = {}) {
  Text text;
  request.append_document(text, options);
  return std::string(text.view());
}

std::string value(const std::vector<RequestDocument::Given>& given, const std::string& name) {
  for (const auto& entry : given)
    if (entry.name == name) return entry.value;
  return "(none)";
}

TEST(RequestDocument, ComesToTheNameOfTheRequest) {
  test::CleanEnvironment environment;
  test::TempDir dir;
  environment.set("HOME", dir.path());
  environment.set("DATABRICKS_HOST", "https://w");
  environment.set("DATABRICKS_TOKEN", "dapi-secret\n%41");
  environment.set("DATABRICKS_CLIENT_ID", "id with % and \x01");
  environment.set("DATABRICKS_CLIENT_SECRET", "s3cret");
  environment.set("https_proxy", "http://proxy:1");
  environment.set("PGLAKEBASE_TTL", "900");
  const Cache cache = Cache::open_at(dir / "cache");
  ASSERT_TRUE(cache.valid());
  Directives directives;
  directives.add("profile", "PROD");
  directives.add("token", "dapi-other");
  const Request request =
      Request::build("EP-a.database.cloud.databricks.com.,b", "orders", directives, cache);
  ASSERT_TRUE(request.ok());
  Request::Options options;
  options.need_user = true;
  options.min_life_ms = 5;
  options.issued_after_ms = 6;
  options.deadline_ms = 7'000;
  const RequestDocument read = RequestDocument::parse(document_of(request, options));

  EXPECT_EQ(read.selecting, request.selecting());
  EXPECT_EQ(cache.name(read.selecting).view(), request.name().view());
  EXPECT_EQ(read.uid, static_cast<std::int64_t>(::geteuid()));
  EXPECT_EQ(read.home, dir.path());
  EXPECT_EQ(read.hosts, (std::vector<std::string>{"ep-a.database.cloud.databricks.com", "b"}));
  EXPECT_EQ(value(read.environment, "DATABRICKS_TOKEN"), "dapi-secret\n%41");
  EXPECT_EQ(value(read.environment, "DATABRICKS_CLIENT_ID"), "id with % and \x01");
  EXPECT_EQ(value(read.environment, "DATABRICKS_CLIENT_SECRET"), "s3cret");
  EXPECT_EQ(value(read.environment, "PGLAKEBASE_TTL"), "900");
  EXPECT_EQ(value(read.environment, "https_proxy"), "(none)");
  EXPECT_EQ(value(read.directives, "profile"), "PROD");
  EXPECT_EQ(value(read.directives, "token"), "dapi-other");
  EXPECT_EQ(value(read.network, "https_proxy"), "http://proxy:1");
  EXPECT_EQ(read.service, "orders");
  EXPECT_EQ(read.cache_path, dir / "cache");
  EXPECT_EQ(read.material, request.material().view());
  EXPECT_EQ(read.network_digest, request.network().view());
  EXPECT_TRUE(read.need_user);
  EXPECT_EQ(read.min_life_ms, 5);
  EXPECT_EQ(read.issued_after_ms, 6);
  EXPECT_EQ(read.deadline_ms, 7'000);
}

TEST(RequestDocument, NoSecretIsAmongWhatMakesTheName) {
  test::CleanEnvironment environment;
  environment.set("DATABRICKS_TOKEN", "dapi-secret");
  environment.set("DATABRICKS_CLIENT_SECRET", "s3cret");
  const RequestDocument read =
      RequestDocument::parse(document_of(Request::build("h", "", Directives(), Cache())));
  EXPECT_EQ(read.selecting.find("dapi-secret"), std::string::npos);
  EXPECT_EQ(read.selecting.find("s3cret"), std::string::npos);
  EXPECT_NE(read.selecting.find("digest.env.DATABRICKS_TOKEN="), std::string::npos);
}

constexpr const char* k_whole =
    "pglakebase-request=1\nversion=1\nuid=0\nhome=/h\nhost=a\noption.cache=\nend=1\n";

TEST(RequestDocument, RefusesWhatIsBroken) {
  EXPECT_NO_THROW(RequestDocument::parse(k_whole));
  const std::string whole = k_whole;
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(RequestDocument::parse(whole.substr(0, size)), ConfigError) << size;
  const auto replaced = [&](const std::string& what, const std::string& by) {
    std::string text = whole;
    return text.replace(text.find(what), what.size(), by);
  };
  for (const std::string& text :
       {replaced("request=1", "request=2"),  // another version
        replaced("host=a", "host=%zz"),      // a broken escape
        replaced("host=a", "host=a%00b"),    // a NUL
        replaced("host=a", std::string("host=a\nenv.A\0B=c", 16)),
        replaced("host=a", "unknown=1"),       // selects we do not know what
        replaced("host=a\n", ""),              // no host
        replaced("uid=0", "uid=x"),            // no number
        replaced("option.cache=", "env.X=y"),  // no options
        replaced("host=a", "host=a\nwords"),   // a line that is no field
        replaced("version=1", "words"),        // the same where the first selecting line stands
        replaced("option.cache=\n", "option.cache=\nwords\n"), "words\n" + whole,
        replaced("end=1", "host=b\nend=1"),  // selecting behind the options
        std::string(k_request_document_limit, 'x') + whole}) {
    EXPECT_THROW(RequestDocument::parse(text), ConfigError) << text.substr(0, 200);
  }
}

TEST(RequestDocument, UnknownOptionsAreIgnoredAndDeadlinesBounded) {
  std::string text = k_whole;
  text.replace(text.find("end=1"), 5,
               "option.new=1\noption.deadline_ms=999999999\noption.min_life_ms=-5\nend=1");
  const RequestDocument read = RequestDocument::parse(text);
  EXPECT_EQ(read.deadline_ms, 120'000);
  EXPECT_EQ(read.min_life_ms, 0);
}

}  // namespace
}  // namespace pglakebase

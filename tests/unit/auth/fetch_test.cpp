#include "pglakebase/auth/fetch.hpp"

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/clock.hpp"
#include "pglakebase/core/file_lock.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "sign_in_fixture.hpp"

namespace pglakebase {
namespace {

using test::contains;
using test::FakeHttp;
using test::k_credentials_url;
using test::k_token_reply;
using test::k_token_url;

constexpr const char* k_me_url = "https://w/api/2.0/preview/scim/v2/Me?attributes=userName";
constexpr const char* k_endpoint = "projects/p/branches/b/endpoints/e";

// 2027-01-15T08:00:00Z is the fake clock's start.
constexpr const char* k_until_nine = R"({"token":"first","expire_time":"2027-01-15T09:00:00Z"})";
constexpr const char* k_until_ten = R"({"token":"second","expire_time":"2027-01-15T10:00:00Z"})";

class FetchTest : public test::SignInTest {
 protected:
  struct Answer {
    bool ok = false;
    Credential credential;
    Failure failure;
  };

  FetchTest() {
    request_.selecting = "host=ep\n";
    request_.material = "material";
    request_.network_digest = "network";
    request_.home = dir_.path();
    set("DATABRICKS_CLIENT_ID", "app");
    set("DATABRICKS_CLIENT_SECRET", "s3cret");
    set("LAKEBASE_ENDPOINT", k_endpoint);
  }

  void replies() {
    http_.reply("POST", k_token_url, 200, k_token_reply);
    http_.reply("POST", k_credentials_url, 200, k_until_nine);
    http_.reply("POST", k_credentials_url, 200, k_until_ten);
  }

  // A run of the helper, started now.
  Answer run() {
    Text reply;
    Answer answer;
    answer.ok =
        fetch({request_, cache_, http_, clock_, clock_.wall_ms(), monotonic_ms() + 200}, reply);
    const bool parsed =
        answer.ok ? answer.credential.parse(reply.view()) : answer.failure.parse(reply.view());
    EXPECT_TRUE(parsed) << reply.view();
    return answer;
  }
  std::string token() {
    const Answer answer = run();
    EXPECT_TRUE(answer.ok) << answer.failure.sentence.view();
    return std::string(answer.credential.token.view());
  }
  std::string sentence() {
    const Answer answer = run();
    EXPECT_FALSE(answer.ok);
    EXPECT_FALSE(contains(answer.failure.sentence.c_str(), "s3cret"));
    return answer.failure.sentence.c_str();
  }
  int issued() const { return http_.calls("POST", k_credentials_url); }

  bool stored(std::string_view kind) {
    Text text;
    return cache_.read(kind, cache_.name(request_.selecting), text);
  }
};

TEST_F(FetchTest, TwoCallsWhenCold) {
  replies();
  const Answer answer = run();
  ASSERT_TRUE(answer.ok);
  EXPECT_EQ(answer.credential.token.view(), "first");
  EXPECT_EQ(answer.credential.user.view(), "app");
  EXPECT_EQ(answer.credential.identity.size(), 64U);
  EXPECT_EQ(http_.requests.size(), 2U);
  EXPECT_FALSE(stored(k_kind_fetching));
}

TEST_F(FetchTest, LeavesTheWayForTheOthers) {
  replies();
  const Answer answer = run();
  Text text;
  Resolution resolution;
  ASSERT_TRUE(cache_.read(k_kind_request, cache_.name(request_.selecting), text));
  ASSERT_TRUE(resolution.parse(text.view()));
  EXPECT_EQ(resolution.selecting.view(), request_.selecting);
  EXPECT_EQ(resolution.identity.view(), answer.credential.identity.view());
  EXPECT_TRUE(resolution.files_unchanged());
  EntryName identity;
  std::copy_n(resolution.identity.c_str(), 64, identity.hex);
  text.clear();
  Credential credential;
  ASSERT_TRUE(cache_.read(k_kind_credential, identity, text));
  ASSERT_TRUE(credential.parse(text.view()));
  EXPECT_EQ(credential.token.view(), "first");
}

TEST_F(FetchTest, AFreshCredentialCostsNothing) {
  replies();
  token();
  EXPECT_EQ(token(), "first");
  EXPECT_EQ(http_.requests.size(), 2U);
}

TEST_F(FetchTest, AnAgeingOneIsRenewed) {
  replies();
  token();
  clock_.advance(37 * 60 * 1000);
  EXPECT_EQ(token(), "first");
  clock_.advance(2 * 60 * 1000);  // 21 minutes left: a host's jitter may call that ageing
  EXPECT_EQ(token(), "second");
  EXPECT_EQ(issued(), 2);
  EXPECT_EQ(http_.calls("POST", k_token_url), 1) << "the workspace token is still good";
}

TEST_F(FetchTest, RefreshBeforeCounts) {
  replies();
  token();
  request_.refresh_before_ms = 50 * 60 * 1000;
  clock_.advance(15 * 60 * 1000);
  EXPECT_EQ(token(), "second");
}

TEST_F(FetchTest, ALongerLifeMayBeAskedFor) {
  replies();
  token();
  request_.min_life_ms = 30 * 60 * 1000;
  EXPECT_EQ(token(), "first");
  clock_.advance(31 * 60 * 1000);
  EXPECT_EQ(token(), "second");
}

TEST_F(FetchTest, WhatWasIssuedTooEarlyDoesNotDo) {
  replies();
  const Answer first = run();
  clock_.advance(1'000);
  request_.issued_after_ms = first.credential.issued_ms;
  EXPECT_EQ(token(), "second");
  EXPECT_EQ(token(), "second") << "issued late enough";
  EXPECT_EQ(issued(), 2);
}

TEST_F(FetchTest, ShortLivesAreTakenFromWhoeverFetchedMeanwhile) {
  http_.reply("POST", k_token_url, 200, k_token_reply);
  http_.reply("POST", k_credentials_url, 200,
              R"({"token":"short","expire_time":"2027-01-15T08:00:30Z"})");
  request_.min_life_ms = 60'000;
  const std::int64_t started = clock_.wall;
  EXPECT_EQ(token(), "short");
  clock_.advance(1'000);
  Text reply;
  // Started before, it waited for the lock.
  EXPECT_TRUE(fetch({request_, cache_, http_, clock_, started, monotonic_ms() + 200}, reply));
  EXPECT_EQ(issued(), 1);
}

TEST_F(FetchTest, RequestsOfOneIdentityShareTheCredential) {
  replies();
  token();
  request_.selecting = "host=ep\nenv.LANG=other\n";
  EXPECT_EQ(token(), "first");
  EXPECT_TRUE(stored(k_kind_request));
  EXPECT_EQ(issued(), 1);
}

TEST_F(FetchTest, ASecondEndpointCostsOneCall) {
  replies();
  token();
  set("LAKEBASE_ENDPOINT", "projects/p/branches/b/endpoints/f");
  EXPECT_EQ(token(), "second");
  EXPECT_EQ(http_.requests.size(), 3U);
}

// Whatever may change who we are or what for, changes the identity.
TEST_F(FetchTest, IdentitiesNeverCross) {
  http_.reply("POST", k_token_url, 200, k_token_reply);
  http_.reply("POST", "https://v/oidc/v1/token", 200, k_token_reply);
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  http_.reply("POST", "https://v/api/2.0/postgres/credentials", 200, k_until_nine);
  http_.reply("POST", "https://w/api/2.0/database/credentials", 200, k_until_nine);
  const auto original = request_;
  std::set<std::string> identities{std::string(run().credential.identity.view())};
  const auto differs = [&](const char* what) {
    const Answer answer = run();
    EXPECT_TRUE(answer.ok) << what << ": " << answer.failure.sentence.view();
    EXPECT_TRUE(identities.insert(std::string(answer.credential.identity.view())).second) << what;
    request_ = original;
  };
  set("DATABRICKS_CLIENT_ID", "another");
  differs("client id");
  set("DATABRICKS_HOST", "https://v");
  differs("workspace");
  set("DATABRICKS_WORKSPACE_ID", "12");
  differs("workspace id");
  set("LAKEBASE_ENDPOINT", "projects/p/branches/b/endpoints/f");
  differs("endpoint");
  set("LAKEBASE_ENDPOINT", "");
  set("LAKEBASE_INSTANCE_NAME", "i");
  differs("instance");
  direct("ttl", "900");
  differs("ttl");
  direct("claims", "[]");
  differs("claims");
  direct("group", "g");
  differs("group");
  direct("scopes", "postgres");
  differs("scopes");
  set("DATABRICKS_CLIENT_ID", "");
  set("DATABRICKS_CLIENT_SECRET", "");
  set("DATABRICKS_TOKEN", "dapi-one");
  differs("pat");
  set("DATABRICKS_CLIENT_ID", "");
  set("DATABRICKS_CLIENT_SECRET", "");
  set("DATABRICKS_TOKEN", "dapi-two");
  differs("another pat");
}

TEST_F(FetchTest, ARotatedSecretIsTheSameIdentity) {
  replies();
  token();
  set("DATABRICKS_CLIENT_SECRET", "rotated");
  EXPECT_EQ(token(), "first");
  EXPECT_EQ(issued(), 1);
}

TEST_F(FetchTest, AGroupIsTheRole) {
  replies();
  direct("group", "engineers");
  EXPECT_EQ(run().credential.user.view(), "engineers");
}

class PatFetchTest : public FetchTest {
 protected:
  PatFetchTest() {
    set("DATABRICKS_CLIENT_ID", "");
    set("DATABRICKS_CLIENT_SECRET", "");
    set("DATABRICKS_TOKEN", "dapi-s3cret");
  }
};

TEST_F(PatFetchTest, OneCallWithoutAName) {
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  const Answer answer = run();
  ASSERT_TRUE(answer.ok);
  EXPECT_TRUE(answer.credential.user.empty());
  EXPECT_EQ(http_.requests.size(), 1U);
  EXPECT_TRUE(FakeHttp::has_header(http_.requests[0], "Authorization: Bearer dapi-s3cret"));
}

TEST_F(PatFetchTest, TheNameIsAskedForWhenNeededAndKept) {
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  http_.reply("GET", k_me_url, 200, R"({"userName":"dev@example.com"})");
  run();
  request_.need_user = true;
  EXPECT_EQ(run().credential.user.view(), "dev@example.com");
  EXPECT_EQ(issued(), 1) << "the credential itself was good";
  EXPECT_EQ(run().credential.user.view(), "dev@example.com");
  request_.need_user = false;
  set("LAKEBASE_ENDPOINT", "projects/p/branches/b/endpoints/f");
  EXPECT_EQ(run().credential.user.view(), "dev@example.com") << "from memory";
  EXPECT_EQ(http_.calls("GET", k_me_url), 1);
}

TEST_F(PatFetchTest, WithoutTheNameTheCredentialIsStillKept) {
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  http_.reply("GET", k_me_url, 403, "{}");
  request_.need_user = true;
  EXPECT_TRUE(contains(sentence(), "PGUSER"));
  request_.need_user = false;
  EXPECT_TRUE(run().ok);
  EXPECT_EQ(issued(), 1);
}

TEST_F(FetchTest, ARefusalIsFinalStoredAndOver) {
  http_.reply("POST", k_token_url, 401, R"({"error":"invalid_client"})");
  const Answer answer = run();
  EXPECT_FALSE(answer.ok);
  EXPECT_TRUE(answer.failure.permanent);
  EXPECT_EQ(answer.failure.not_before_ms, clock_.wall + AuthError::k_permanent_hold_ms);
  EXPECT_EQ(answer.failure.material.view(), "material");
  EXPECT_EQ(answer.failure.network.view(), "network");
  EXPECT_EQ(http_.requests.size(), 1U);
  EXPECT_TRUE(stored(k_kind_failure));
  EXPECT_FALSE(stored(k_kind_fetching));
  EXPECT_FALSE(stored(k_kind_request));
}

TEST_F(FetchTest, SuccessEndsAFailure) {
  http_.reply("POST", k_token_url, 503, "{}");
  http_.reply("POST", k_token_url, 200, k_token_reply);
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  EXPECT_FALSE(run().ok);
  EXPECT_TRUE(stored(k_kind_failure));
  EXPECT_EQ(token(), "first");
  EXPECT_FALSE(stored(k_kind_failure));
}

TEST_F(FetchTest, AWorkspaceTokenThatIsNoLongerTakenIsReplaced) {
  replies();
  token();
  set("LAKEBASE_ENDPOINT", "projects/p/branches/b/endpoints/f");
  FakeHttp fresh;
  std::swap(http_, fresh);
  http_.reply("POST", k_credentials_url, 401, "{}");
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  http_.reply("POST", k_token_url, 200,
              R"({"access_token":"newer","token_type":"Bearer","expires_in":3600})");
  EXPECT_EQ(token(), "first");
  EXPECT_TRUE(FakeHttp::has_header(http_.requests.back(), "Authorization: Bearer newer"));
}

TEST_F(FetchTest, AnEndpointThatMovedIsFoundAgainOnce) {
  set("LAKEBASE_ENDPOINT", "");
  const auto list = [&](const std::string& path, const std::string& body) {
    http_.reply("GET", "https://w/api/2.0/postgres/" + path + "?page_size=100", 200, body);
  };
  http_.reply("POST", k_token_url, 200, k_token_reply);
  list("projects", R"({"projects":[{"name":"projects/p"}]})");
  list("projects/p/branches", R"({"branches":[{"name":"projects/p/branches/b"}]})");
  list("projects/p/branches/b/endpoints",
       R"({"endpoints":[{"name":"projects/p/branches/b/endpoints/old","uid":"ep-a-b-c1"}]})");
  list("projects/p/branches/b/endpoints",
       R"({"endpoints":[{"name":"projects/p/branches/b/endpoints/new","uid":"ep-a-b-c1"}]})");
  http_.reply("POST", k_credentials_url, 200, k_until_nine);
  http_.reply("POST", k_credentials_url, 404, "{}");
  http_.reply("POST", k_credentials_url, 200, k_until_ten);
  EXPECT_EQ(token(), "first");
  clock_.advance(50 * 60 * 1000);
  EXPECT_EQ(token(), "second");
  EXPECT_TRUE(contains(http_.requests.back().body, "endpoints/new"));
}

TEST_F(FetchTest, AnEndpointThatMayNotBeUsedIsNotLookedUpAgain) {
  request_.hosts = {"instance-0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d.database.cloud.databricks.com"};
  set("LAKEBASE_ENDPOINT", "");
  const std::string find_url =
      "https://w/api/2.0/database/instances:findByUid?uid=0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";
  http_.reply("POST", k_token_url, 200, k_token_reply);
  http_.reply("GET", find_url, 200, R"({"name":"orders-db"})");
  http_.reply("POST", "https://w/api/2.0/database/credentials", 403, "{}");
  EXPECT_FALSE(run().ok);
  EXPECT_FALSE(run().ok);
  EXPECT_EQ(http_.calls("GET", find_url), 1);
  EXPECT_EQ(http_.calls("POST", "https://w/api/2.0/database/credentials"), 2);
}

TEST_F(FetchTest, ConfigurationErrorsArePermanentAndHoldShortly) {
  set("DATABRICKS_HOST", "");
  EXPECT_TRUE(contains(sentence(), "no Databricks workspace is configured"));
  set("DATABRICKS_HOST", "https://w");
  request_.directives.push_back({"profile", "GONE"});
  const Answer answer = run();
  EXPECT_TRUE(answer.failure.permanent);
  EXPECT_EQ(answer.failure.not_before_ms, clock_.wall + ConfigError::k_file_hold_ms);
  EXPECT_TRUE(http_.requests.empty());
}

// Leaves this process a few descriptors, while it lives.
class FewDescriptors {
 public:
  FewDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const UniqueFd next(::open("/", O_PATH | O_CLOEXEC));
    const rlimit few{static_cast<rlim_t>(next.get()) + 6, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(FetchTest, WantOfDescriptorsIsSaidAndNotRemembered) {
  http_.reply("POST", k_token_url,
              HttpError(HttpError::Kind::setup, "the file of trusted roots cannot be read"));
  {
    const FewDescriptors few;
    EXPECT_TRUE(contains(sentence(), "file descriptors"));
  }
  EXPECT_FALSE(stored(k_kind_failure));
  EXPECT_TRUE(contains(sentence(), "trusted roots"));
  EXPECT_TRUE(stored(k_kind_failure));
}

TEST_F(FetchTest, AnAnswerIsNoWantOfDescriptors) {
  http_.reply("POST", k_token_url, 401, R"({"error":"invalid_client"})");
  const FewDescriptors few;
  EXPECT_TRUE(contains(sentence(), "HTTP 401"));
  EXPECT_TRUE(stored(k_kind_failure));
}

TEST_F(FetchTest, WantOfMemoryIsSaidAndNotRemembered) {
  http_.before_reply = [](const HttpRequest&) { throw std::bad_alloc(); };
  EXPECT_TRUE(contains(sentence(), "memory"));
  EXPECT_FALSE(stored(k_kind_failure));
}

TEST_F(FetchTest, AFailureCountsForTheFileThatIsAtFault) {
  HttpError error(HttpError::Kind::setup, "the file of trusted roots cannot be read");
  const std::string roots = dir_.write("roots.pem", "no root");
  Text stamp;
  append_file_stamp(stamp, roots);
  error.set_files(std::string(stamp.view()));
  http_.reply("POST", k_token_url, error);
  const Failure failure = run().failure;
  EXPECT_TRUE(failure.seen_with("material", "network"));
  dir_.write("roots.pem", "a root, say");
  EXPECT_FALSE(failure.seen_with("material", "network"));
}

TEST_F(FetchTest, SentencesAreOneLine) {
  set("LAKEBASE_ENDPOINT", "no\nendpoint\x1b[31m");
  const std::string what = sentence();
  EXPECT_EQ(what.find('\n'), std::string::npos);
  EXPECT_EQ(what.find('\x1b'), std::string::npos);
}

TEST_F(FetchTest, ABusyLockIsSaidAndNotRemembered) {
  replies();
  token();
  Text text;
  Resolution resolution;
  cache_.read(k_kind_request, cache_.name(request_.selecting), text);
  ASSERT_TRUE(resolution.parse(text.view()));
  EntryName identity;
  std::copy_n(resolution.identity.c_str(), 64, identity.hex);
  const FileLock lock = FileLock::acquire(cache_, identity, monotonic_ms());
  ASSERT_TRUE(lock.held());
  const Answer answer = run();
  EXPECT_FALSE(answer.ok);
  EXPECT_FALSE(answer.failure.permanent);
  EXPECT_TRUE(contains(answer.failure.sentence.c_str(), "still under way"));
  EXPECT_FALSE(stored(k_kind_failure));
}

TEST_F(FetchTest, WhoWaitedForTheLockAsksNothing) {
  replies();
  token();
  clock_.advance(50 * 60 * 1000);
  const std::int64_t started = clock_.wall;
  EXPECT_EQ(token(), "second");
  Text reply;
  EXPECT_TRUE(fetch({request_, cache_, http_, clock_, started, monotonic_ms() + 200}, reply));
  EXPECT_TRUE(contains(std::string(reply.view()), "token=second"));
  EXPECT_EQ(issued(), 2);
}

TEST_F(FetchTest, WorksWithoutACache) {
  cache_ = Cache();
  replies();
  EXPECT_EQ(token(), "first");
  EXPECT_EQ(token(), "second");
}

TEST_F(FetchTest, AChangedConfigurationFileIsReadAgainWithoutACall) {
  set("DATABRICKS_HOST", "");
  set("DATABRICKS_CLIENT_ID", "");
  set("DATABRICKS_CLIENT_SECRET", "");
  dir_.write(".databrickscfg", "[DEFAULT]\nhost=https://w\nclient_id=app\nclient_secret=s3cret\n");
  replies();
  token();
  dir_.write(".databrickscfg",
             "# changed\n[DEFAULT]\nhost=https://w\nclient_id=app\nclient_secret=s3cret\n");
  Text text;
  Resolution resolution;
  cache_.read(k_kind_request, cache_.name(request_.selecting), text);
  ASSERT_TRUE(resolution.parse(text.view()));
  EXPECT_FALSE(resolution.files_unchanged());
  EXPECT_EQ(token(), "first");
  text.clear();
  cache_.read(k_kind_request, cache_.name(request_.selecting), text);
  ASSERT_TRUE(resolution.parse(text.view()));
  EXPECT_TRUE(resolution.files_unchanged());
  EXPECT_EQ(issued(), 1);
}

TEST_F(FetchTest, AChangedFileLeavesTheValidOneInReachIfNoNewOneCanBeHad) {
  set("DATABRICKS_HOST", "");
  set("DATABRICKS_CLIENT_ID", "");
  set("DATABRICKS_CLIENT_SECRET", "");
  const std::string profile = "[DEFAULT]\nhost=https://w\nclient_id=app\nclient_secret=";
  dir_.write(".databrickscfg", profile + "s3cret\n");
  replies();
  token();
  dir_.write(".databrickscfg", profile + "another\n");
  const auto resolved = [&] {
    Text text;
    Resolution resolution;
    cache_.read(k_kind_request, cache_.name(request_.selecting), text);
    return resolution.parse(text.view()) && resolution.files_unchanged();
  };
  FakeHttp refusing;
  std::swap(http_, refusing);
  http_.reply("POST", k_token_url, 401, "{}");
  http_.reply("POST", k_token_url, 401, "{}");
  // Long expired: it stays out of reach.
  const std::int64_t begun = clock_.wall;
  clock_.wall = begun + 4'000'000;
  EXPECT_FALSE(run().ok);
  EXPECT_FALSE(resolved());
  // Ageing.
  clock_.wall = begun + 3'590'000;
  EXPECT_FALSE(run().ok);
  EXPECT_TRUE(resolved());
}

}  // namespace
}  // namespace pglakebase

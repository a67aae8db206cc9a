// Answers of the workspace's API, to all that the helper asks there: `what`, then status and body
// of each answer.
#include "pglakebase/auth/workspace_api.hpp"

#include "fake_sign_in.hpp"
#include "pglakebase/auth/database_credential.hpp"
#include "pglakebase/auth/discovery.hpp"
#include "pglakebase/auth/user_name.hpp"
#include "pglakebase/config/config_error.hpp"

namespace pglakebase::fuzz {
namespace {

RequestDocument request_for(const std::string& host) {
  RequestDocument request;
  request.hosts = {host};
  request.environment = {{"DATABRICKS_HOST", "https://w"}};
  return request;
}

void check_endpoint(const Target& found) {
  FUZZ_CHECK(found.kind == Target::Kind::endpoint && found.name.starts_with("projects/"));
  FUZZ_CHECK(found.name.find("..") == std::string::npos);
}

void check_user(const std::string& user) {
  FUZZ_CHECK(!user.empty() && user.size() <= 256);
  for (const char c : user) FUZZ_CHECK(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
}

void check_credential(const Credential& credential) {
  FUZZ_CHECK(is_token(credential.token.view()));
  FUZZ_CHECK(credential.issued_ms > 0 && credential.expires_ms > credential.issued_ms);
  Text record;
  credential.append_record(record);
  Credential again;
  FUZZ_CHECK(again.parse(record.view()) && again.token.view() == credential.token.view());
}

}  // namespace

void run(std::string_view input) {
  const std::string_view what = take_line(input);
  const std::string host = what == "instance"
                               ? "instance-0f-1.database.us-east-1.cloud.databricks.com"
                               : "ep-a-b-c1.database.us-east-1.cloud.databricks.com";
  const Settings settings = Settings::resolve(request_for(host));
  const Cache none = Cache::open_at("");
  AnswersInTurn http(take_answers(input));
  StillClock clock;
  const SourceContext context{settings, none, http, clock};
  const FixedSource source;
  const Principal principal{"someone", ""};
  WorkspaceTokens tokens(context, source, principal, 0);
  WorkspaceApi api(context, tokens);
  try {
    if (what == "credential") {
      check_credential(issue_credential(api, {Target::Kind::endpoint, "projects/p", "a test"}));
    } else if (what == "endpoint") {
      check_endpoint(Discovery(api, none, clock).find({Target::Kind::host, host, "a test"}));
    } else if (what == "instance") {
      Discovery(api, none, clock).find({Target::Kind::host, host, "a test"});
    } else if (what == "user") {
      check_user(UserName(context, source, principal).ask(api));
    }
  } catch (const AuthError& error) {
    check_sentence(error.what());
    FUZZ_CHECK(error.hold_ms() >= 0 && error.hold_ms() <= 3'600'000);
  }
}

}  // namespace pglakebase::fuzz

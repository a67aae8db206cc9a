#include <array>
#include <nlohmann/json.hpp>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/command.hpp"
#include "pglakebase/auth/oidc.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/rfc3339.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

using Version = std::array<std::int64_t, 3>;

constexpr std::int64_t k_patience_ms = 10'000;
// What is smaller is the legacy CLI, a Python script (databricks-sdk-go, cli_token_source.go).
constexpr std::int64_t k_smallest_cli = 1024 * 1024;
// Older ones pass over --profile where "auth token" is asked for.
constexpr Version k_knows_profiles = {0, 207, 1};

// What it says where nobody is signed in, or a profile is not one of a person.
constexpr std::string_view k_not_signed_in[] = {"OAuth is not configured for this host",
                                                "uses M2M authentication",
                                                "Use --profile to specify which profile to use"};

// "Databricks CLI v0.207.1"; zeros where it cannot be read.
Version parse_version(std::string_view text) {
  Version version{};
  text = trim(text);
  const std::size_t at = text.rfind('v');
  if (at == std::string_view::npos) return {};
  text = text.substr(at + 1);
  text = text.substr(0, text.find_first_of("-+ "));
  for (std::int64_t& number : version) {
    std::string_view part;
    if (!take_until(text, '.', part) || !parse_number(part, number)) return {};
  }
  return version;
}

struct Cli {
  std::string path;
  std::string lacking;  ///< why there is none
};

Cli find_cli(const Settings& settings) {
  const Setting* given = settings.find("databricks_cli_path");
  const std::string name = given != nullptr ? given->value : "databricks";
  Cli cli{find_program(name, k_smallest_cli), {}};
  if (!cli.path.empty()) return cli;
  cli.path = find_program(name);
  if (!cli.path.empty())
    cli.lacking = cli.path + " is a legacy Databricks CLI, 0.100.0 or newer is needed";
  else if (given != nullptr)
    cli.lacking = "no program " + name + " (from " + given->origin() + ")";
  else
    cli.lacking = "no program databricks in PATH";
  return cli;
}

/// Somebody's login with "databricks auth login". The program is asked and never its files: it
/// alone refreshes them safely.
class DatabricksCliSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "databricks-cli"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    const Setting* scopes = settings.find("scopes");
    if (scopes != nullptr && scopes->level != Level::profile)
      return NotConfigured{"scopes (from " + scopes->origin() +
                           ") are decided when logging in, with \"databricks auth login\""};
    const Cli cli = find_cli(settings);
    if (!cli.lacking.empty()) return NotConfigured{cli.lacking};
    Principal principal{by_profile(settings) ? "profile " + settings.profile_name() : "host", ""};
    principal.changing = true;
    return principal;
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    const std::string path = find_cli(context.settings).path;
    std::vector<std::string> arguments = {path, "auth", "token"};
    const bool profiles = by_profile(context.settings) && knows_profiles(context, path);
    arguments.emplace_back(profiles ? "--profile" : "--host");
    arguments.push_back(profiles ? context.settings.profile_name() : context.settings.workspace());
    const std::int64_t asked_ms = context.clock.wall_ms();
    const CommandResult result = run(context, arguments);
    const std::string login = "\"databricks auth login " + arguments[3] + " " + arguments[4] + "\"";
    if (!result.ok()) {
      if (result.end == CommandResult::End::exited)
        for (const std::string_view text : k_not_signed_in)
          if (result.error.find(text) != std::string::npos)
            return NotConfigured{"nobody is signed in there with " + login};
      throw failed(path, result, login);
    }
    return parse(result.out, path, login, asked_ms);
  }

 private:
  // A profile's login is for the profile's workspace.
  static bool by_profile(const Settings& settings) {
    return !settings.profile_name().empty() &&
           settings.workspace_of(Level::profile) == settings.workspace();
  }

  static CommandResult run(const SourceContext& context,
                           const std::vector<std::string>& arguments) {
    const Settings& settings = context.settings;
    Command command(arguments);
    if (!settings.profile_file().empty())
      command.variable("DATABRICKS_CONFIG_FILE", settings.profile_file());
    if (const Setting* storage = settings.find("auth_storage"))
      command.variable("DATABRICKS_AUTH_STORAGE", storage->value);
    try {
      return command.run(context.time_left_ms(k_patience_ms));
    } catch (const CommandError& error) {
      throw AuthError("asking the Databricks CLI for a workspace token failed: " +
                          std::string(error.what()) + "; reinstall it, or set DATABRICKS_CLI_PATH",
                      true, AuthError::k_permanent_hold_ms);
    }
  }

  static bool knows_profiles(const SourceContext& context, const std::string& path) {
    const CommandResult result = run(context, {path, "version"});
    return result.ok() && parse_version(result.out) >= k_knows_profiles;
  }

  static AuthError failed(const std::string& path, const CommandResult& result,
                          const std::string& login) {
    const std::string sentence =
        "asking the Databricks CLI (" + path + ") for a workspace token failed: ";
    if (result.end == CommandResult::End::timed_out)
      return {sentence + "it did not end in time; try " + login, false,
              AuthError::k_outage_hold_ms};
    if (result.error.find("refresh token is invalid") != std::string::npos)
      return {sentence + "the login has ended; sign in again with " + login, true,
              AuthError::k_permanent_hold_ms};
    return {sentence + "it " + result.how() + "; sign in again with " + login, true,
            AuthError::k_permanent_hold_ms};
  }

  static WorkspaceToken parse(const std::string& out, const std::string& path,
                              const std::string& login, std::int64_t asked_ms) {
    const Call call{"a workspace token", path, "the Databricks CLI"};
    HttpResponse response;
    response.body = out;
    const nlohmann::json answer = json_object(response, call);
    WorkspaceToken token;
    token.token = Secret(token_field(answer, "access_token", call));
    token.issued_ms = asked_ms;
    token.expires_ms = parse_expiry(string_field(answer, "expiry", call), call);
    if (token.expires_ms <= asked_ms)
      throw AuthError("the Databricks CLI (" + path +
                          ") gave a token that has ended already; sign in again with " + login +
                          ", and check this machine's clock",
                      true, AuthError::k_permanent_hold_ms);
    return token;
  }

  // RFC 3339, or "2024-03-20 10:30:00.123", which is UTC, too.
  static std::int64_t parse_expiry(std::string text, const Call& call) {
    if (text.size() > 10 && text[10] == ' ' && text.find('+') == std::string::npos) {
      text[10] = 'T';
      text += 'Z';
    }
    const auto moment = parse_rfc3339(text);
    if (!moment) throw_unexpected(call, "expiry is no time");
    return *moment;
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_databricks_cli() {
  return std::make_unique<DatabricksCliSource>();
}

}  // namespace pglakebase

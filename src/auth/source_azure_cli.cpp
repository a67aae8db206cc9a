#include <strings.h>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/azure.hpp"
#include "pglakebase/auth/azure_identities.hpp"
#include "pglakebase/auth/command.hpp"
#include "pglakebase/auth/entra.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/auth/token_end.hpp"
#include "pglakebase/auth/troubles.hpp"
#include "pglakebase/auth/workspace_tokens.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::int64_t k_limit_ms = 10'000;
constexpr const char* k_program = "az";

CommandResult run_az(const SourceContext& context, const std::string& program,
                     std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), program);
  Command command(std::move(arguments));
  if (const Setting* directory = context.settings.find("azure_config_dir"))
    command.variable("AZURE_CONFIG_DIR", directory->value);
  try {
    return command.run(context.time_left_ms(k_limit_ms));
  } catch (const CommandError& error) {
    throw AuthError(
        std::string("the Azure CLI cannot be used: ") + error.what() + "; check its installation",
        true, AuthError::k_permanent_hold_ms);
  }
}

CommandResult get_token(const SourceContext& context, const std::string& program,
                        std::string_view resource, const std::string& tenant,
                        const std::string& subscription = {}) {
  std::vector<std::string> arguments = {"account", "get-access-token", "--output",
                                        "json",    "--resource",       std::string(resource)};
  if (!tenant.empty()) arguments.insert(arguments.end(), {"--tenant", tenant});
  if (!subscription.empty()) arguments.insert(arguments.end(), {"--subscription", subscription});
  return run_az(context, program, std::move(arguments));
}

// Where no workspace is known that could tell it, it is the login's own.
std::string tenant_of(const SourceContext& context) {
  const Settings& settings = context.settings;
  const bool told =
      settings.find("workspace") != nullptr || settings.find("azure_tenant_id") != nullptr;
  return told && is_azure(settings) ? azure_tenant(context) : "";
}

// Chooses among the tenants of a login, where the tenant itself is not known.
std::string subscription_of(const Settings& settings) {
  std::string_view rest = settings.get("azure_workspace_resource_id");
  std::string_view part;
  for (int parts = 0; take_until(rest, '/', part); ++parts)
    if (parts == 2) return std::string(part);
  return {};
}

// A managed identity or a federated one has no tenant to choose (databricks-sdk-go,
// config/auth_azure_cli.go).
bool may_lack_tenant(const SourceContext& context, const std::string& program) {
  const CommandResult account = run_az(context, program, {"account", "show", "--output", "json"});
  const auto answer = nlohmann::json::parse(account.out, nullptr, /*allow_exceptions=*/false);
  return account.ok() && answer.is_object() && answer.contains("user") &&
         answer["user"].is_object() && answer["user"].value("type", "") == "servicePrincipal";
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

[[noreturn]] void fail(const CommandResult& result) {
  const std::string_view known = known_remedy(result.error);
  const std::string code = entra_code(result.error);
  throw AuthError("the Azure CLI " + result.how() + " when asked for a token" +
                      (code.empty() ? "" : " (" + code + ")") + "; " +
                      (known.empty() ? "log in again with az login, or run az account "
                                       "get-access-token to see why"
                                     : std::string(known)),
                  result.end == CommandResult::End::exited, AuthError::k_permanent_hold_ms);
}

WorkspaceToken parse(const SourceContext& context, CommandResult& result, std::int64_t asked_ms) {
  HttpResponse response;
  response.body = std::move(result.out);
  const Call call{"a token", "the Azure CLI", "the Azure CLI"};
  const nlohmann::json answer = json_object(response, call);
  ::explicit_bzero(response.body.data(), response.body.size());
  WorkspaceToken token;
  token.token = Secret(token_field(answer, "accessToken", call));
  token.issued_ms = asked_ms;
  if (answer.contains("expires_on"))
    token.expires_ms = parse_expires_on(answer["expires_on"]).value_or(0);
  if (token.expires_ms == 0) {
    const std::string text = string_field(answer, "expiresOn", call);
    auto end = parse_expires_on(answer["expiresOn"]);
    if (const auto local = parse_local_time(text)) end = local;
    if (!end) throw_unexpected(call, "expiresOn is no time");
    token.expires_ms = *end;
  }
  if (token.expires_ms <= context.clock.wall_ms())
    throw_unexpected(call, "the token has ended already; the clock of this machine may be wrong");
  return token;
}

/// Whoever is logged in to the Azure CLI.
class AzureCliSource final : public CredentialSource {
 public:
  std::string_view name() const override { return "azure-cli"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    const Settings& settings = context.settings;
    if (!is_azure(settings)) return NotConfigured{not_azure(settings)};
    if (find_program(k_program).empty())
      return NotConfigured{"the Azure CLI (az) is not installed"};
    return Principal{std::string(settings.get("azure_tenant_id")) + " in " +
                         std::string(settings.get("azure_config_dir")),
                     "", true};
  }

  std::variant<NotConfigured, WorkspaceToken> get(const SourceContext& context) const override {
    NotConfigured lacking;
    try {
      return azure_workspace_token(
          context,
          [&](std::string_view resource) {
            AzureToken token = azure_cli_token(context, resource);
            if (auto* got = std::get_if<WorkspaceToken>(&token)) return std::move(*got);
            lacking = std::get<NotConfigured>(token);
            throw SourceDeclined(lacking.why);
          },
          true);
    } catch (const SourceDeclined&) {
      return lacking;
    }
  }
};

}  // namespace

AzureToken azure_cli_token(const SourceContext& context, std::string_view resource) {
  const std::string program = find_program(k_program);
  if (program.empty()) return NotConfigured{"the Azure CLI (az) is not installed"};
  const std::string tenant = tenant_of(context);
  const std::int64_t asked_ms = context.clock.wall_ms();
  const std::string subscription = tenant.empty() ? subscription_of(context.settings) : "";
  CommandResult result = get_token(context, program, resource, tenant, subscription);
  const auto refused = [&] { return result.end == CommandResult::End::exited && !result.ok(); };
  if (refused() && !subscription.empty()) result = get_token(context, program, resource, "");
  if (refused() && !tenant.empty() && may_lack_tenant(context, program))
    result = get_token(context, program, resource, "");
  if (result.ok()) return parse(context, result, asked_ms);
  const bool logged_out = contains(result.error, "No subscription found") ||
                          (contains(result.error, "az login") && entra_code(result.error).empty());
  if (refused() && logged_out)
    return NotConfigured{"nobody is logged in to the Azure CLI (az login)"};
  fail(result);
}

std::unique_ptr<CredentialSource> make_source_azure_cli() {
  return std::make_unique<AzureCliSource>();
}

}  // namespace pglakebase

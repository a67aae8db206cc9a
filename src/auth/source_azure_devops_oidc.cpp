#include "pglakebase/auth/federation.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/auth/sources.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_access_token = "devops_access_token";

struct Variable {
  const char* input;
  const char* name;
};

// The first is handed to a pipeline's steps by its author, the others stand in all of them.
constexpr Variable k_variables[] = {
    {k_access_token, "SYSTEM_ACCESSTOKEN"},
    {"devops_collection", "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"},
    {"devops_project", "SYSTEM_TEAMPROJECTID"},
    {"devops_host_type", "SYSTEM_HOSTTYPE"},
    {"devops_plan", "SYSTEM_PLANID"},
    {"devops_job", "SYSTEM_JOBID"},
};

/// A job of Azure Pipelines.
class AzureDevopsOidcSource final : public FederatedSource {
 public:
  std::string_view name() const override { return "azure-devops-oidc"; }

  std::variant<NotConfigured, Principal> identify(const SourceContext& context) const override {
    for (const Variable& variable : k_variables)
      if (context.settings.secret(variable.input) == nullptr)
        return NotConfigured{std::string("no ") + variable.name +
                             (&variable == k_variables
                                  ? " (map it into the step: env: SYSTEM_ACCESSTOKEN: "
                                    "$(System.AccessToken))"
                                  : " (this is no job of Azure Pipelines)")};
    return principal(context, reveal_secret(context, k_access_token).reveal());
  }

 private:
  static const std::string& value(const SourceContext& context, const char* input) {
    return context.settings.secret(input)->value;
  }

  // (The audience cannot be chosen there.)
  Secret id_token(const SourceContext& context, const std::string&) const override {
    std::string collection = value(context, "devops_collection");
    while (collection.ends_with('/')) collection.pop_back();
    const auto part = [&](const char* input) { return percent_encoded(value(context, input)); };
    HttpRequest request;
    request.method = "POST";
    request.url = collection + "/" + part("devops_project") + "/_apis/distributedtask/hubs/" +
                  part("devops_host_type") + "/plans/" + part("devops_plan") + "/jobs/" +
                  part("devops_job") + "/oidctoken?api-version=7.2-preview.1";
    request.headers = {"Accept: application/json", "Content-Type: application/json",
                       "Authorization: Bearer " + reveal_secret(context, k_access_token).reveal()};
    return ask_id_token(
        context, request,
        {"the job's identity token", std::string(origin_of(collection)), "Azure DevOps"},
        "oidcToken",
        "check that SYSTEM_ACCESSTOKEN is this job's $(System.AccessToken), and pass on Azure "
        "Pipelines' variables as they are");
  }
};

}  // namespace

std::unique_ptr<CredentialSource> make_source_azure_devops_oidc() {
  return std::make_unique<AzureDevopsOidcSource>();
}

}  // namespace pglakebase

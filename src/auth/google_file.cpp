#include "pglakebase/auth/google_file.hpp"

#include "pglakebase/auth/google_iam.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/auth/secret_reference.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/text.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

constexpr std::size_t k_longest_file = 64 * 1024;
constexpr const char* k_token_url = "https://oauth2.googleapis.com/token";
constexpr const char* k_impersonation = "service_account_impersonation_url";

std::string text_or_none(const json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

GoogleFile parsed(const Text& text, const std::string& origin) {
  GoogleFile file{json::parse(text.view(), nullptr, /*allow_exceptions=*/false), origin};
  if (!file.content.is_object()) refuse_google_file(origin, "it is no JSON object");
  google_text(file, file.content, "type");
  return file;
}

// A person's login, which `gcloud auth application-default login` has left.
Secret user_token(const SourceContext& context, const GoogleFile& file) {
  const std::string url = google_url(file, "token_uri", k_token_url);
  const Call call{"an access token for a login of gcloud", std::string(origin_of(url)), "Google"};
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded"};
  const std::string id = google_text(file, file.content, "client_id");
  const std::string secret = google_text(file, file.content, "client_secret");
  const std::string refresh = google_text(file, file.content, "refresh_token");
  request.body = form_encoded({{"grant_type", "refresh_token"},
                               {"refresh_token", refresh},
                               {"client_id", id},
                               {"client_secret", secret}});
  const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
    return "the login (from " + file.origin +
           ") has ended or was revoked: run gcloud auth application-default login";
  });
  return Secret(token_field(json_object(response, call), "access_token", call));
}

Secret own_token(const SourceContext& context, const GoogleFile& file, const std::string& scopes) {
  const std::string type = file.type();
  if (type == "service_account")
    return ask_google(context, google_key(file), {k_google_scope, scopes});
  if (type == "authorized_user") return user_token(context, file);
  if (type == "external_account") return google_federated_token(context, file, scopes);
  refuse_google_file(file.origin, "credentials of the type " + type + " are not supported");
}

// Acts as the service account that the file names.
Secret acting_token(const SourceContext& context, const GoogleFile& file, const Secret& own,
                    const std::string& scopes) {
  return google_account_token(
      context,
      {own, "",
       "that who stands in the credentials (from " + file.origin +
           ") has the role iam.serviceAccountTokenCreator on the service account"},
      google_url(file, k_impersonation, ""), file.content.value("delegates", json()), scopes);
}

}  // namespace

std::string GoogleFile::type() const {
  return text_or_none(content, "type");
}

// …/serviceAccounts/NAME@PROJECT.iam.gserviceaccount.com:generateAccessToken
std::string GoogleFile::acts_as() const {
  const std::string url = text_or_none(content, k_impersonation);
  const std::string last = url.substr(url.rfind('/') + 1);
  return last.substr(0, last.find(':'));
}

std::string GoogleFile::quota_project() const {
  return text_or_none(content, "quota_project_id");
}

GoogleFile read_google_file(const SourceContext& context, const Setting& setting) {
  Text text;
  if (is_secret_reference(setting.value))
    text.append(reveal_secret(context, setting).reveal());
  else if (trim(setting.value).starts_with("{"))
    text.append(setting.value);
  else
    return read_google_file(setting.value, setting.origin());
  return parsed(text, setting.origin());
}

GoogleFile read_google_file(const std::string& path, const std::string& origin) {
  Text text;
  if (!read_regular_file(path.c_str(), k_longest_file, text))
    refuse_google_file(origin, "there is no such file, or it may not be read");
  return parsed(text, origin);
}

GoogleKey google_key(const GoogleFile& file) {
  if (file.type() != "service_account")
    refuse_google_file(file.origin, "its type is not service_account");
  GoogleKey key;
  key.email = google_text(file, file.content, "client_email");
  key.key_id = google_text(file, file.content, "private_key_id");
  key.token_uri = google_text(file, file.content, "token_uri");
  key.private_key = Secret(google_text(file, file.content, "private_key"));
  key.origin = file.origin;
  if (!key.token_uri.starts_with("https://"))
    refuse_google_file(file.origin, "token_uri is not https");
  return key;
}

Secret google_access_token(const SourceContext& context, const GoogleFile& file,
                           const std::string& scopes) {
  if (file.type() == "impersonated_service_account") {
    const auto source = file.content.find("source_credentials");
    if (source == file.content.end() || !source->is_object())
      refuse_google_file(file.origin, "source_credentials is missing");
    return acting_token(context, file, own_token(context, {*source, file.origin}, scopes), scopes);
  }
  if (file.type() != "external_account" || file.acts_as().empty())
    return own_token(context, file, scopes);
  return acting_token(context, file, google_federated_token(context, file, k_google_platform),
                      scopes);
}

std::string google_text(const GoogleFile& file, const json& object, const char* name) {
  std::string text = text_or_none(object, name);
  if (text.empty()) refuse_google_file(file.origin, std::string(name) + " is missing");
  return text;
}

std::string google_url(const GoogleFile& file, const char* name, const std::string& otherwise) {
  std::string url = text_or_none(file.content, name);
  if (url.empty()) url = otherwise;
  if (url.empty()) refuse_google_file(file.origin, std::string(name) + " is missing");
  const std::string_view origin = origin_of(url);
  if (!origin.starts_with("https://") || !origin.ends_with(".googleapis.com"))
    refuse_google_file(file.origin, std::string(name) + " is no address of googleapis.com");
  return url;
}

void refuse_google_file(const std::string& origin, const std::string& why) {
  throw ConfigError("the Google credentials from " + origin + " cannot be used: " + why +
                        "; give a service account's key, the file's path or its content",
                    ConfigError::k_file_hold_ms);
}

}  // namespace pglakebase

// Workload identity federation: another identity provider's token is exchanged for Google's.
#include "pglakebase/auth/google_file.hpp"
#include "pglakebase/auth/reply.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/text.hpp"
#include "pglakebase/core/view.hpp"
#include "pglakebase/net/form.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

constexpr std::size_t k_longest_token = 64 * 1024;
constexpr const char* k_token_url = "https://sts.googleapis.com/v1/token";

// The text itself, or a field of it.
Secret subject_of(const GoogleFile& file, const json& source, std::string_view text) {
  const auto format = source.find("format");
  if (format == source.end() || !format->is_object() || format->value("type", json()) != "json") {
    if (trim(text).empty()) refuse_google_file(file.origin, "the token that it leads to is empty");
    return Secret(trim(text));
  }
  const std::string field = google_text(file, *format, "subject_token_field_name");
  const json answer = json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto token = answer.is_object() ? answer.find(field) : answer.end();
  if (!answer.is_object() || token == answer.end() || !token->is_string())
    refuse_google_file(file.origin, "what it leads to has no " + field);
  return Secret(token->get<std::string>());
}

Secret from_file(const GoogleFile& file, const json& source) {
  Text text;
  const std::string path = google_text(file, source, "file");
  if (!read_regular_file(path.c_str(), k_longest_token, text))
    refuse_google_file(file.origin, "the token's file " + path + " cannot be read");
  return subject_of(file, source, text.view());
}

Secret from_url(const SourceContext& context, const GoogleFile& file, const json& source) {
  HttpRequest request;
  request.url = google_text(file, source, "url");
  // Of this machine, then: no other host is asked without TLS.
  request.local = request.url.starts_with("http://");
  const auto headers = source.find("headers");
  if (headers != source.end() && headers->is_object())
    for (const auto& [name, value] : headers->items())
      if (value.is_string()) request.headers.push_back(name + ": " + value.get<std::string>());
  for (const std::string& header : request.headers)
    if (header.find_first_of("\r\n") != std::string::npos)
      refuse_google_file(file.origin, "one of the headers has more than one line");
  const Call call{"the token of the identity provider", std::string(origin_of(request.url)),
                  "the identity provider"};
  const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
    return "check credential_source in the credentials (from " + file.origin + ")";
  });
  return subject_of(file, source, response.body);
}

Secret subject(const SourceContext& context, const GoogleFile& file) {
  const auto source = file.content.find("credential_source");
  if (source == file.content.end() || !source->is_object())
    refuse_google_file(file.origin, "credential_source is missing");
  if (source->contains("file")) return from_file(file, *source);
  if (source->contains("url") && !source->contains("environment_id"))
    return from_url(context, file, *source);
  refuse_google_file(file.origin,
                     "of its ways to a token (credential_source) only file and url are supported");
}

}  // namespace

Secret google_federated_token(const SourceContext& context, const GoogleFile& file,
                              const std::string& scopes) {
  const std::string url = google_url(file, "token_url", k_token_url);
  const std::string audience = google_text(file, file.content, "audience");
  const std::string type = google_text(file, file.content, "subject_token_type");
  if (file.content.contains("workforce_pool_user_project"))
    refuse_google_file(file.origin, "those of a workforce pool are not supported");
  const Secret token = subject(context, file);
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded"};
  request.body =
      form_encoded({{"audience", audience},
                    {"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                    {"requested_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                    {"subject_token_type", type},
                    {"subject_token", token.reveal()},
                    {"scope", scopes}});
  const Call call{"an access token for the identity provider's", std::string(origin_of(url)),
                  "Google"};
  const HttpResponse response = send_expecting_success(context.http, request, call, [&](int) {
    return "check the pool and the provider in the credentials (from " + file.origin +
           "), and that the provider takes the token's issuer, subject and audience";
  });
  return Secret(token_field(json_object(response, call), "access_token", call));
}

}  // namespace pglakebase

#include "pglakebase/auth/reply.hpp"

#include <algorithm>

#include "pglakebase/auth/troubles.hpp"
#include "pglakebase/net/retry.hpp"

namespace pglakebase {
namespace {

using nlohmann::json;

constexpr int k_deepest = 32;
constexpr std::size_t k_longest_token = 16 * 1024;
constexpr std::size_t k_longest_code = 64;

class TooDeep : public std::exception {};

// Null (discarded) if it is no JSON.
json parse_bounded(std::string_view body) {
  const json::parser_callback_t bounded = [](int depth, json::parse_event_t, json&) {
    if (depth > k_deepest) throw TooDeep();
    return true;
  };
  try {
    return json::parse(body, bounded, /*allow_exceptions=*/false);
  } catch (const TooDeep&) {
    return json(json::value_t::discarded);
  }
}

bool looks_like_a_code(std::string_view text) {
  const auto only = [&](char first, char last) {
    return std::all_of(text.begin(), text.end(),
                       [=](char c) { return c == '_' || (c >= first && c <= last); });
  };
  return !text.empty() && text.size() <= k_longest_code && (only('a', 'z') || only('A', 'Z'));
}

std::string status_text(const HttpResponse& response) {
  std::string text = "HTTP " + std::to_string(response.status);
  const std::string code = error_code(response.body);
  if (!code.empty()) text += " " + code;
  const std::string entra = entra_code(response.body);
  if (!entra.empty()) text += " " + entra;
  return text;
}

AuthError transport_error(const HttpError& error, const Call& call) {
  const std::string sentence = "asking for " + call.what + " failed: " + error.what();
  switch (error.kind()) {
    case HttpError::Kind::unreachable:
      return {sentence, false, AuthError::k_unreachable_hold_ms};
    case HttpError::Kind::reset:
    case HttpError::Kind::timed_out:
      return {sentence, false, AuthError::k_outage_hold_ms};
    case HttpError::Kind::held_back:
      return {sentence, false, error.hold_ms()};
    case HttpError::Kind::untrusted:
    case HttpError::Kind::bad_answer:
    case HttpError::Kind::setup:
      break;
  }
  return {sentence, true, AuthError::k_permanent_hold_ms};
}

[[noreturn]] void throw_transport(const HttpError& error, const Call& call) {
  AuthError failed = transport_error(error, call);
  failed.set_files(error.files());
  throw failed;
}

[[noreturn]] void throw_status(const HttpResponse& response, const Call& call,
                               const std::function<std::string(int)>& remedy) {
  const int status = response.status;
  const std::string from = " (" + status_text(response) + " from " + call.origin + ")";
  if (status >= 300 && status < 400)
    throw AuthError("asking for " + call.what + " was answered with a redirect to a login page" +
                        from +
                        "; check the workspace's address, and its workspace_id where several "
                        "workspaces share one address",
                    true, AuthError::k_permanent_hold_ms, status);
  if (status == 429) {
    const std::int64_t now_ms = response.date_s * 1000;
    const std::int64_t asked = retry_after_ms(response.retry_after, now_ms);
    throw AuthError(
        call.who + " limits how often " + call.what + " may be asked for" + from + "; try again" +
            (asked > 0 ? " in " + std::to_string((asked + 999) / 1000) + " s" : " soon"),
        false, asked > 0 ? asked : AuthError::k_outage_hold_ms, status);
  }
  if (status >= 500 || status == 408)
    throw AuthError(call.who + " could not answer when asked for " + call.what + from +
                        "; try again in a moment",
                    false, AuthError::k_outage_hold_ms, status);
  const std::string_view known =
      status == call.known_best ? std::string_view() : known_remedy(response.body);
  throw AuthError(call.who + " refused " + call.what + from + "; " +
                      (known.empty() ? remedy(status) : std::string(known)),
                  true, AuthError::k_permanent_hold_ms, status);
}

}  // namespace

HttpResponse send_expecting_success(HttpClient& http, const HttpRequest& request, const Call& call,
                                    const std::function<std::string(int)>& remedy) {
  HttpResponse response;
  try {
    response = http.send(request);
  } catch (const HttpError& error) {
    throw_transport(error, call);
  }
  if (response.status < 200 || response.status > 299) throw_status(response, call, remedy);
  return response;
}

json json_object(const HttpResponse& response, const Call& call) {
  json answer = parse_bounded(response.body);
  if (answer.is_object()) return answer;
  if (response.content_type.starts_with("text/html"))
    throw AuthError("asking for " + call.what + " was answered with a web page by " + call.origin +
                        "; check that this is the workspace's address, and its workspace_id where "
                        "several workspaces share one address",
                    true, AuthError::k_permanent_hold_ms, response.status);
  throw_unexpected(call, "no JSON object came back");
}

std::string string_field(const json& object, const char* name, const Call& call) {
  const auto field = object.find(name);
  if (field == object.end() || !field->is_string())
    throw_unexpected(call, std::string(name) + " is missing or no text");
  return field->get<std::string>();
}

std::string token_field(const json& object, const char* name, const Call& call) {
  std::string token = string_field(object, name, call);
  const bool printable =
      std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  if (token.empty() || token.size() > k_longest_token || !printable)
    throw_unexpected(call, std::string(name) + " is no token");
  return token;
}

std::string error_code(std::string_view body) {
  const json answer = parse_bounded(body);
  if (!answer.is_object()) return {};
  for (const char* name : {"error_code", "error", "errorCode"}) {
    const auto field = answer.find(name);
    if (field == answer.end() || !field->is_string()) continue;
    const auto& code = field->get_ref<const std::string&>();
    if (looks_like_a_code(code)) return code;
  }
  return {};
}

void throw_unexpected(const Call& call, const std::string& why) {
  throw AuthError("asking for " + call.what + " brought an answer from " + call.origin +
                      " that cannot be used (" + why + "); check that this is " +
                      (call.who == "Databricks" ? "a Databricks workspace" : call.who) +
                      ", or try again later",
                  false, AuthError::k_outage_hold_ms);
}

}  // namespace pglakebase

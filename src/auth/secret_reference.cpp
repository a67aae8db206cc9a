#include "pglakebase/auth/secret_reference.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "pglakebase/auth/auth_error.hpp"
#include "pglakebase/auth/command.hpp"
#include "pglakebase/auth/databricks_secret.hpp"
#include "pglakebase/auth/key_vault.hpp"
#include "pglakebase/config/config_error.hpp"
#include "pglakebase/core/environment.hpp"
#include "pglakebase/core/file_io.hpp"
#include "pglakebase/core/unique_fd.hpp"
#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

constexpr std::size_t k_longest_secret = 64 * 1024;
constexpr std::int64_t k_command_limit_ms = 10'000;

[[noreturn]] void refuse(const Setting& setting, const std::string& why) {
  throw ConfigError("the secret that " + setting.origin() + " refers to cannot be had: " + why);
}

Secret from_variable(std::string_view name, const Setting& setting) {
  if (setting.level == Level::profile)
    refuse(setting,
           "a profile cannot name a variable of a program; use file:PATH or command:…, or set the "
           "variable that the SDKs read");
  refuse(setting,
         "the variable " + std::string(name) + " is not set where the program runs; set it");
}

Secret from_file(std::string_view path, const Setting& setting) {
  std::string whole(path);
  if (whole.starts_with("~/")) {
    const char* home = environment("HOME");
    if (home != nullptr) whole = home + whole.substr(1);
  }
  if (!whole.starts_with('/')) refuse(setting, "the file's path is not absolute; write all of it");
  const UniqueFd file(::open(whole.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file.valid())
    refuse(setting, whole + " cannot be opened (" + std::strerror(errno) +
                        "); check the path and its permissions");
  struct stat st {};
  if (::fstat(file.get(), &st) != 0 || !S_ISREG(st.st_mode))
    refuse(setting, whole + " is no file; check the path");
  if ((st.st_mode & S_IWOTH) != 0)
    refuse(setting, "everybody may write to " + whole + "; take that right away (chmod o-w)");
  Text text;
  if (!read_all(file.get(), k_longest_secret, text))
    refuse(setting, whole + " cannot be read, or holds far more than a secret; check it");
  return Secret(trim(text.view()));
}

// Words as a shell splits them, but nothing in them is expanded.
std::vector<std::string> words(std::string_view line, const Setting& setting) {
  std::vector<std::string> found;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == '\0' && (c == ' ' || c == '\t')) {
      if (in_word) found.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else if (quote == '\0' && (c == '\'' || c == '"')) {
      quote = c;
      in_word = true;
    } else if (quote != '\0' && c == quote) {
      quote = '\0';
    } else {
      in_word = true;
      if (c == '\\' && quote != '\'' && i + 1 < line.size()) ++i;
      word += line[i];
    }
  }
  if (quote != '\0') refuse(setting, "a quote in the command is not closed; close it");
  if (in_word) found.push_back(std::move(word));
  return found;
}

Secret from_command(const SourceContext& context, std::string_view line, const Setting& setting) {
  std::vector<std::string> arguments = words(line, setting);
  if (arguments.empty()) refuse(setting, "no command is given; write command:PROGRAM ARGUMENT …");
  const std::string name = arguments.front();
  arguments.front() = find_program(name);
  if (arguments.front().empty())
    refuse(setting, "there is no program " + name + "; give its whole path");
  CommandResult result;
  try {
    result = Command(std::move(arguments)).run(context.time_left_ms(k_command_limit_ms));
  } catch (const CommandError& error) {
    refuse(setting, std::string(error.what()) + "; check it");
  }
  const Secret secret(trim(result.out));
  ::explicit_bzero(result.out.data(), result.out.size());
  if (result.ok()) return secret;
  throw AuthError("the command that " + setting.origin() + " names (" + name + ") " + result.how() +
                      "; run it yourself to see why",
                  false, AuthError::k_outage_hold_ms);
}

struct Kind {
  std::string_view prefix;
  Secret (*reveal)(const SourceContext& context, std::string_view rest, const Setting& setting);
};

// `VAULT/NAME` or `SCOPE/KEY`.
std::pair<std::string_view, std::string_view> halves(std::string_view rest,
                                                     const Setting& setting) {
  const std::size_t from = rest.starts_with("https://") ? 8 : 0;
  const std::size_t slash = rest.find('/', from);
  if (slash == std::string_view::npos || slash == from || slash + 1 == rest.size())
    refuse(setting,
           "it names one thing where two are needed; write keyvault:VAULT/NAME or "
           "databricks-secret:SCOPE/KEY");
  return {rest.substr(0, slash), rest.substr(slash + 1)};
}

constexpr Kind k_kinds[] = {
    {"env:", [](const SourceContext&, std::string_view rest,
                const Setting& setting) { return from_variable(rest, setting); }},
    {"file:", [](const SourceContext&, std::string_view rest,
                 const Setting& setting) { return from_file(rest, setting); }},
    {"command:", from_command},
    {"keyvault:",
     [](const SourceContext& context, std::string_view rest, const Setting& setting) {
       const auto [vault, name] = halves(rest, setting);
       return key_vault_secret(context, vault, name, setting.origin());
     }},
    {"databricks-secret:",
     [](const SourceContext& context, std::string_view rest, const Setting& setting) {
       const auto [scope, key] = halves(rest, setting);
       return databricks_secret(context, scope, key);
     }},
};

}  // namespace

bool is_secret_reference(std::string_view value) {
  for (const Kind& kind : k_kinds)
    if (value.starts_with(kind.prefix)) return true;
  return false;
}

Secret reveal_secret(const SourceContext& context, const Setting& setting) {
  for (const Kind& kind : k_kinds) {
    const std::string_view value = setting.value;
    if (!value.starts_with(kind.prefix)) continue;
    Secret secret = kind.reveal(context, value.substr(kind.prefix.size()), setting);
    if (secret.empty()) refuse(setting, "it is empty there; store the secret");
    return secret;
  }
  return Secret(setting.value);
}

Secret reveal_secret(const SourceContext& context, std::string_view input) {
  return reveal_secret(context, *context.settings.secret(input));
}

}  // namespace pglakebase

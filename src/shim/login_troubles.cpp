#include "login_troubles.hpp"

#include "pglakebase/core/view.hpp"

namespace pglakebase {
namespace {

// Two lines for each trouble: Lakebase's words, which are in English only ('|' between those of
// several servers, '*' for a name), or a SQLSTATE; then the remedy. Each list is one text, since a
// table of pointers would be relocated in every process.

constexpr char k_roles[] =
    "did not match the security label configured for role\n"
    "the role belongs to another identity than the one that signed in; connect as that one's own "
    "role, which is a service principal's client id or a person's e-mail address and no display "
    "name (pglakebase status)\n"

    "no role security label was configured in postgres for role\n"
    "the role was made without Databricks' extension and belongs to no identity; drop it and make "
    "it with databricks_create_role('ROLE', 'SERVICE_PRINCIPAL'), or 'USER' or 'GROUP', of the "
    "extension databricks_auth\n"

    "role \"*\" does not exist\n"
    "this database's project has no such role; make it with databricks_create_role('ROLE', "
    "'SERVICE_PRINCIPAL'), or 'USER' or 'GROUP', of the extension databricks_auth, or connect as "
    "a role that is a client id or an e-mail address and no display name (user=, PGUSER: some "
    "programs send the system's user where they are told none)\n"

    "role \"*\" is not permitted to log in\n"
    "the role may not log in; let its owner give it LOGIN (ALTER ROLE), or connect as another\n";

// Where the credential is a token.
constexpr char k_tokens[] =
    "password authentication failed for user\n"
    "Lakebase refused the token: the role is missing, was made without Databricks' extension, or "
    "is another workspace's; make it with databricks_create_role('ROLE', 'SERVICE_PRINCIPAL'), or "
    "'USER' or 'GROUP', of the extension databricks_auth, and check the workspace (pglakebase "
    "status)\n"

    "Failed to decode token for role|not a valid JWT encoding\n"
    "the server knows no such token: it has ended or is another workspace's; check that host and "
    "workspace belong together (pglakebase status)\n"

    "SASL authentication failed|Too many connections attempts\n"
    "the host leads to a connection pooler, which takes native passwords only; connect to the "
    "endpoint's own host, without -pooler\n";

// Where it is a native password.
constexpr char k_passwords[] =
    "Failed to decode token for role|not a valid JWT encoding\n"
    "the role takes tokens and no passwords; leave native_password out, or connect as a role that "
    "has a password\n"

    "password authentication failed for user|SASL authentication failed\n"
    "native_password is not the password of this role, or the role takes tokens only; correct it, "
    "or leave it out and connect to the host without -pooler\n"

    "Too many connections attempts\n"
    "the pooler was shown wrong passwords too often; correct native_password, and try again in a "
    "minute\n";

constexpr char k_others[] =
    "External authorization failed\n"
    "Databricks did not admit the login: the role is not a minute old, the token is another "
    "workspace's, or the IP access list lacks this machine's address; try again in a minute, then "
    "check these (pglakebase status)\n"

    "3D000|database \"*\" does not exist\n"
    "there is no such database here; connect to databricks_postgres, which is there always and is "
    "taken where none is given (dbname, PGDATABASE)\n"

    "permission denied for database\n"
    "the role may not use this database; let its owner GRANT CONNECT ON DATABASE to the role, or "
    "make the database a resource of the Databricks App\n"

    "Invalid protocol version|Ensure that connection is using SSL\n"
    "the login was not encrypted; leave sslmode and PGSSLMODE out, or set them to require or "
    "more\n";

bool holds(std::string_view message, std::string_view words) {
  const std::size_t star = words.find('*');
  const std::string_view start = slice(words, 0, star);
  const std::string_view end = star < words.size() ? slice(words, star + 1) : std::string_view();
  std::string_view line;
  while (take_until(message, '\n', line)) {
    const std::size_t at = line.find(start);
    if (at != std::string_view::npos && slice(line, at + start.size()).find(end) < line.size())
      return true;
  }
  return false;
}

std::string_view find(std::string_view list, std::string_view message, std::string_view state) {
  std::string_view all_words;
  std::string_view remedy;
  while (take_until(list, '\n', all_words) && take_until(list, '\n', remedy)) {
    std::string_view words;
    while (take_until(all_words, '|', words))
      if (words == state || holds(message, words)) return remedy;
  }
  return {};
}

}  // namespace

std::string_view role_remedy(std::string_view message) {
  return find(k_roles, message, {});
}

bool may_be_for_another_host(std::string_view message, bool rejected) {
  // In which of them another SQLSTATE comes is not known for all servers.
  constexpr char texts[][34] = {"External authorization failed", "Failed to decode token for role",
                                "not a valid JWT encoding"};
  for (const auto& text : texts)
    rejected = rejected || message.find(text) != std::string_view::npos;
  return rejected;
}

std::string_view login_remedy(const FailedLogin& login) {
  for (const char* list : {k_roles, login.native ? k_passwords : k_tokens, k_others}) {
    const std::string_view remedy = find(list, login.message, login.state);
    if (!remedy.empty()) return remedy;
  }
  return {};
}

}  // namespace pglakebase

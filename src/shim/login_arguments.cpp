#include "login_arguments.hpp"

#include "search_path.hpp"

namespace pglakebase {
namespace {

constexpr const char* k_default_database = "databricks_postgres";

}  // namespace

bool LoginArguments::set(const Login& login) {
  arguments_.reset();
  options_.clear();
  add(login, "password", Login::token);
  if (login.user_missing()) add(login, "user", Login::tokens_user);
  if (login.dbname_missing()) arguments_.append("dbname", k_default_database);
  add(login, "host", Login::direct_hosts);
  add(login, "sslmode", Login::sslmode);
  const bool learned = !login.get(Login::learned_roots).empty();
  add(login, "sslrootcert", learned ? Login::learned_roots : Login::sslrootcert);
  if (login.has_gssencmode()) arguments_.append("gssencmode", "disable");
  // With a stand-in for the user it is found when the user is known: then they are put in
  // together.
  if (!login.user_missing() || login.times().issued_ms != 0) add_schema(login);
  return arguments_.ok();
}

void LoginArguments::add_schema(const Login& login) {
  Text schema;
  append_schema(schema, login.all_directives(),
                login.get(login.user_missing() ? Login::tokens_user : Login::user));
  options_.assign(login.get(Login::options));
  if (append_search_path(options_, schema.view()))
    arguments_.append("options", options_.c_str());
  else
    options_.clear();
}

void LoginArguments::add(const Login& login, const char* keyword, Login::Part part) {
  if (!login.get(part).empty()) arguments_.append(keyword, login.c_str(part));
}

}  // namespace pglakebase

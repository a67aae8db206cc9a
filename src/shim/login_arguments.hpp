#pragma once

#include "arguments.hpp"
#include "login.hpp"
#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// What a login adds to the caller's own arguments, behind everything they say.
class LoginArguments {
 public:
  /// `arguments` and, once they are set, the login must live as long.
  explicit LoginArguments(Arguments& arguments) : arguments_(arguments) {}

  /// In place of what was added before. False without memory for the arguments; of the rest a
  /// MemoryWatch tells.
  bool set(const Login& login);
  /// libpq's `options` with the schema in it, where one is wanted, as they were set last; null if
  /// they were not.
  const char* options() const { return options_.empty() ? nullptr : options_.c_str(); }

 private:
  void add(const Login& login, const char* keyword, Login::Part part);
  void add_schema(const Login& login);

  Arguments& arguments_;
  Text options_;
};

}  // namespace pglakebase

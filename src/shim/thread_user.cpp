#include "thread_user.hpp"

#include "symbol_table.hpp"

namespace pglakebase {

// Looked for in all objects: a plugin may have brought the library, into a scope of its own.
const char* thread_user_token() {
  using Function = const char* (*)();
  const auto function =
      reinterpret_cast<Function>(function_elsewhere("pglakebase_user_token_of_this_thread"));
  return function != nullptr ? function() : nullptr;
}

}  // namespace pglakebase

#include "thread_user.hpp"

#include "symbol_table.hpp"

namespace pglakebase {
namespace {

using Function = const char* (*)();

// Looked for in all objects: a plugin may have brought the library, into a scope of its own.
Function find_it() {
  return reinterpret_cast<Function>(
      thread_function_elsewhere("pglakebase_user_token_of_this_thread"));
}

// What was found, until an object is loaded or unloaded.
struct Known {
  LoadCount count;
  Function function = nullptr;
};
thread_local Known t_known;

}  // namespace

const char* thread_user_token(const LoadCount& loaded) {
  if (!(t_known.count == loaded)) t_known = {loaded, find_it()};
  return t_known.function != nullptr ? t_known.function() : nullptr;
}

}  // namespace pglakebase

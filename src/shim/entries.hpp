#pragma once

#include <libpq-fe.h>

namespace pglakebase {

/// The type of a libpq function that is told besides who calls it.
template <typename Function>
struct WithCaller;
template <typename Result, typename... Arguments>
struct WithCaller<Result(Arguments...)> {
  using Type = Result(Arguments..., const void* caller);
};

/// What a wrapped function does: arguments are put in order and passed on; what is done with them
/// stands elsewhere. `caller` is an address in the object that calls, which decides about the libpq
/// that is meant (Meaning).
namespace entries {
#define PGLAKEBASE_WRAPPED(name) WithCaller<decltype(::name)>::Type name;
#include "libpq_functions.def"
#undef PGLAKEBASE_WRAPPED
}  // namespace entries

}  // namespace pglakebase

#pragma once

#include <link.h>

#include <cstddef>

namespace pglakebase {

/// dl_iterate_phdr(), with this process kept from forking meanwhile. The dynamic linker holds a
/// lock on its list as long, and fork() frees in the child all of its locks but that one: a child
/// of a fork in the middle of it would wait forever in the first function of ours that it calls.
int for_each_object(int (*callback)(dl_phdr_info*, std::size_t, void*), void* data);

}  // namespace pglakebase

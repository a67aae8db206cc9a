#pragma once

#include <cstddef>
#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// Reads what is left of `fd`, `limit` bytes at most. False on an error or when there is more.
/// `expected` is how much there is by the file's status, if that is known: a read that brings just
/// this, with room for more, is the last one.
bool read_all(int fd, std::size_t limit, Text& out, std::size_t expected = 0);

/// Writes everything. False on an error, or if the file would grow beyond the process's limit.
bool write_all(int fd, std::string_view bytes);

/// Reads a file that any program may have written (a service file, say): absolute path, regular
/// file, `limit` bytes at most; never blocks on a FIFO. False otherwise. `trusted` tells whether
/// the calling user (effective uid) or root owns it, with nobody else able to write it.
bool read_regular_file(const char* path, std::size_t limit, Text& out, bool* trusted = nullptr);

}  // namespace pglakebase

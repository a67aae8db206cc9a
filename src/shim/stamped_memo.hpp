#pragma once

#include <cstdint>
#include <string_view>

#include "pglakebase/core/text.hpp"

namespace pglakebase {

/// The files that a result rests on, and how they are when all of them have been read.
class Stamps {
 public:
  Stamps();

  /// One that is not there counts, too; an empty path does not.
  void add(std::string_view path, std::string_view name = {});
  /// Those of lines of append_file_stamp(), which were made when the files were read.
  void add_lines(std::string_view lines);

  /// Each file's state and path, for keep_value().
  std::string_view files() const { return files_.view(); }
  /// False where a file has just changed: it may change again within one step of its file system's
  /// clock, which would not show.
  bool settled() const { return settled_ && files_.ok(); }

 private:
  Text files_;
  const std::int64_t now_ms_;
  bool settled_ = true;
};

/// What this process worked out before, by what it was asked (`key`), as long as no file that it
/// rests on has changed, and for some seconds at most: so long may pass until something is noticed
/// that no file tells. Used from the second time on that the same files gave it, since between two
/// equal stamps nothing can have been read half old and half new.
///
/// Keys and values may hold secrets; they stay in this process's memory. Nothing is waited for:
/// where another thread is at it, or was when this process was forked, nothing is found or kept.
///
/// `value` is left alone where nothing is found.
bool recall_value(std::string_view key, Text& value);
void keep_value(std::string_view key, const Stamps& stamps, std::string_view value);

}  // namespace pglakebase

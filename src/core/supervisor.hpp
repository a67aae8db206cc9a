#pragma once

#include <cstddef>

namespace pglakebase {

/// What one hidden run of the helper needs; lies, with both stacks and all it points to, in one
/// mapping of its own that outlives the thread which asked for it.
struct HelperJob {
  int supervisor_id;   ///< cleared and woken (futex) by the kernel when the supervisor ends
  int supervisor_pid;  ///< what to reap
  int owner_pid;       ///< the host, which made it: a fork's child must not reap
  int exec_error;      ///< errno of the failed start of the program, else 0
  const char* path;
  char* const* arguments;
  char* const* environment;
  const char* document;
  std::size_t document_size;
  char* reply;
  std::size_t reply_capacity;
  std::size_t reply_size;
  void* child_stack_top;
  std::size_t mapping_size;
  HelperJob* next;
};

/// A file in memory without a name; a negative errno if there is none. Raw system calls only.
int anonymous_file(bool close_on_exec);

/// The life of the supervisor process: runs the helper, waits for it, keeps its output, and ends;
/// at once if the host does. Called on a stack of its own in a process that shares the caller's
/// memory.
[[noreturn]] void supervise(void* job);

}  // namespace pglakebase

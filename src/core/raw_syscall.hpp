#pragma once

#include <sys/syscall.h>

/// System calls without libc around them: a process made with CLONE_VM shares errno (and all other
/// thread-local data) with the thread that made it, and must not write there. Results are the
/// kernel's: an error is a negative errno.
namespace pglakebase {

[[gnu::always_inline]] inline long raw_syscall(long number, long a = 0, long b = 0, long c = 0,
                                               long d = 0, long e = 0, long f = 0) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0"
               : "+r"(x0)
               : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
               : "memory");
  return x0;
#else
#error "raw_syscall() is written for x86-64 and aarch64"
#endif
}

/// Makes a process that starts in `entry(argument)` on its own stack; `entry` must not return. The
/// id goes to `id_address` in the parent where CLONE_PARENT_SETTID says so, and is cleared there
/// when the process ends where CLONE_CHILD_CLEARTID does. Returns the id, or a negative errno.
[[gnu::always_inline]] inline long raw_clone(unsigned long flags, void* stack_top, int* id_address,
                                             void (*entry)(void*), void* argument) {
  void** stack = static_cast<void**>(stack_top);
  *--stack = argument;
  *--stack = reinterpret_cast<void*>(entry);
#if defined(__x86_64__)
  long result;
  register int* r10 asm("r10") = id_address;
  register long r8 asm("r8") = 0;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "pop %%rax\n\t"
      "pop %%rdi\n\t"
      "call *%%rax\n\t"
      "ud2\n"
      "1:"
      : "=a"(result)
      : "0"(long{SYS_clone}), "D"(flags), "S"(stack), "d"(id_address), "r"(r10), "r"(r8)
      : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = SYS_clone;
  register unsigned long x0 asm("x0") = flags;
  register void** x1 asm("x1") = stack;
  register int* x2 asm("x2") = id_address;
  register long x3 asm("x3") = 0;
  register int* x4 asm("x4") = id_address;
  asm volatile(
      "svc #0\n\t"
      "cbnz x0, 1f\n\t"
      "mov x29, xzr\n\t"
      "ldp x9, x0, [sp], #16\n\t"
      "blr x9\n\t"
      "brk #1\n"
      "1:"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
      : "x9", "x30", "memory");
  return static_cast<long>(x0);
#endif
}

}  // namespace pglakebase

/* dlsym() and dlopen() for x86-64: hooks.hpp says why and how. Arguments come in rdi and rsi. */

#ifdef __CET__
#include <cet.h>
#else
#define _CET_ENDBR
#endif

/* The two arguments, kept over a call; the stack is then aligned as the ABI wants it. */
.macro keep_arguments
  pushq %rdi
  .cfi_adjust_cfa_offset 8
  pushq %rsi
  .cfi_adjust_cfa_offset 8
  subq $8, %rsp
  .cfi_adjust_cfa_offset 8
.endm

.macro restore_arguments
  addq $8, %rsp
  .cfi_adjust_cfa_offset -8
  popq %rsi
  .cfi_adjust_cfa_offset -8
  popq %rdi
  .cfi_adjust_cfa_offset -8
.endm

/* Goes on in the next function of that name, which returns to our caller. Without one: null. */
.macro jump_to_next name
  movq pglakebase_next_\name(%rip), %rax
  testq %rax, %rax
  jnz .Ljump_\name
  keep_arguments
  call pglakebase_find_next_\name
  restore_arguments
  testq %rax, %rax
  jnz .Ljump_\name
  ret
.Ljump_\name:
  jmp *%rax
.endm

  .hidden pglakebase_look_up
  .hidden pglakebase_opens_libpq
  .hidden pglakebase_next_dlsym
  .hidden pglakebase_next_dlopen
  .hidden pglakebase_find_next_dlsym
  .hidden pglakebase_find_next_dlopen

  .text
  .p2align 4
  .globl dlsym
  .type dlsym, @function
dlsym:
  .cfi_startproc
  _CET_ENDBR
  testq %rsi, %rsi
  jz .Lpass_dlsym
  cmpb $'P', (%rsi)
  jne .Lpass_dlsym
  cmpb $'Q', 1(%rsi)
  jne .Lpass_dlsym
  keep_arguments
  call pglakebase_look_up
  restore_arguments
  testq %rdx, %rdx
  jz .Lpass_dlsym
  ret
.Lpass_dlsym:
  jump_to_next dlsym
  .cfi_endproc
  .size dlsym, .-dlsym

  .p2align 4
  .globl dlopen
  .type dlopen, @function
dlopen:
  .cfi_startproc
  _CET_ENDBR
  testl $8, %esi /* RTLD_DEEPBIND */
  jz .Lpass_dlopen
  testq %rdi, %rdi
  jz .Lpass_dlopen
  keep_arguments
  call pglakebase_opens_libpq
  restore_arguments
  testb %al, %al
  jz .Lpass_dlopen
  andl $~8, %esi
.Lpass_dlopen:
  jump_to_next dlopen
  .cfi_endproc
  .size dlopen, .-dlopen

  .section .note.GNU-stack, "", @progbits

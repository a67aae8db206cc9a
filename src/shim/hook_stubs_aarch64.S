/* dlsym() and dlopen() for aarch64: hooks.hpp says why and how. Arguments come in x0 and x1. */

/* The two arguments and the return address, kept over a call. */
.macro keep_arguments
  stp x29, x30, [sp, #-32]!
  .cfi_adjust_cfa_offset 32
  .cfi_rel_offset x29, 0
  .cfi_rel_offset x30, 8
  mov x29, sp
  stp x0, x1, [sp, #16]
.endm

/* x9 and x10 have what the call returned. */
.macro restore_arguments
  mov x9, x0
  mov x10, x1
  ldp x0, x1, [sp, #16]
  ldp x29, x30, [sp], #32
  .cfi_restore x29
  .cfi_restore x30
  .cfi_adjust_cfa_offset -32
.endm

/* Goes on in the next function of that name, which returns to our caller. Without one: null. */
.macro jump_to_next name
  adrp x16, pglakebase_next_\name
  ldr x16, [x16, #:lo12:pglakebase_next_\name]
  cbnz x16, .Ljump_\name
  keep_arguments
  bl pglakebase_find_next_\name
  restore_arguments
  mov x16, x9
  cbnz x16, .Ljump_\name
  mov x0, xzr
  ret
.Ljump_\name:
  br x16
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
  .type dlsym, %function
dlsym:
  .cfi_startproc
  hint #34 /* bti c */
  cbz x1, .Lpass_dlsym
  ldrb w9, [x1]
  cmp w9, #'P'
  b.ne .Lpass_dlsym
  ldrb w9, [x1, #1]
  cmp w9, #'Q'
  b.ne .Lpass_dlsym
  keep_arguments
  bl pglakebase_look_up
  restore_arguments
  cbz x10, .Lpass_dlsym
  mov x0, x9
  ret
.Lpass_dlsym:
  jump_to_next dlsym
  .cfi_endproc
  .size dlsym, .-dlsym

  .p2align 4
  .globl dlopen
  .type dlopen, %function
dlopen:
  .cfi_startproc
  hint #34 /* bti c */
  tbz w1, #3, .Lpass_dlopen /* RTLD_DEEPBIND */
  cbz x0, .Lpass_dlopen
  keep_arguments
  bl pglakebase_opens_libpq
  restore_arguments
  tst w9, #0xff
  b.eq .Lpass_dlopen
  and w1, w1, #~8
.Lpass_dlopen:
  jump_to_next dlopen
  .cfi_endproc
  .size dlopen, .-dlopen

  .section .note.GNU-stack, "", %progbits

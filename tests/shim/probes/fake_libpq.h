#pragma once

#include <stddef.h>

// What the stand-in for libpq remembers of one call: the pointers themselves, nothing behind them.
struct fake_call {
  const char* function;
  const void* arguments[7];
  int number;  // expand_dbname
  int asked;   // by the library, not by the caller
  const void* result;
};

// The calls since the last fake_forget(), oldest first.
const struct fake_call* fake_calls(size_t* count);
void fake_forget(void);

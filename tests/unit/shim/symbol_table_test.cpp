#include "symbol_table.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

namespace pglakebase {
namespace {

// Stands for what this library itself exports: the search passes over the object that makes it.
extern "C" __attribute__((visibility("default"), used)) void pglakebase_only_here() {}

TEST(SymbolTable, FindsTheFunctionOfAnotherObject) {
  void* libpq = ::dlopen("libpq.so.5", RTLD_LAZY);
  ASSERT_NE(libpq, nullptr);
  for (const char* name : {"PQlibVersion", "PQconnectStartParams"})
    EXPECT_EQ(function_elsewhere(name), ::dlsym(libpq, name)) << name;
  ::dlclose(libpq);
}

TEST(SymbolTable, WhatNobodyHasIsNotFound) {
  EXPECT_EQ(function_elsewhere("PQsuchAFunctionIsNowhere"), nullptr);
  EXPECT_EQ(function_elsewhere(""), nullptr);
}

TEST(SymbolTable, DataIsNoFunction) {
  EXPECT_EQ(function_elsewhere("stdout"), nullptr);
}

TEST(SymbolTable, OwnFunctionsDoNotCount) {
  EXPECT_EQ(function_elsewhere("pglakebase_only_here"), nullptr);
}

}  // namespace
}  // namespace pglakebase

#include "symbol_table.hpp"

#include <gtest/gtest.h>
#include <libpq-fe.h>

namespace pglakebase {
namespace {

// Stands for what this library itself exports: the search passes over the object that makes it.
extern "C" __attribute__((visibility("default"), used)) void pglakebase_only_here() {}

TEST(SymbolTable, FindsTheFunctionOfAnotherObject) {
  EXPECT_EQ(function_elsewhere("PQlibVersion"), reinterpret_cast<void*>(&::PQlibVersion));
  EXPECT_EQ(function_elsewhere("PQconnectStartParams"),
            reinterpret_cast<void*>(&::PQconnectStartParams));
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

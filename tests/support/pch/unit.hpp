// What nearly every unit test reads first, read once for each of the programs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

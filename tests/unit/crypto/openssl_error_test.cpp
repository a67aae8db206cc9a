#include "pglakebase/crypto/openssl_error.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace pglakebase {
namespace {

TEST(OpensslError, TakesTheReasonAndEmptiesTheQueue) {
  ERR_put_error(ERR_LIB_RAND, 0, ERR_R_MALLOC_FAILURE, "", 0);
  const OpensslError error("no random bytes");
  EXPECT_EQ(std::string(error.what()).rfind("no random bytes: ", 0), 0U) << error.what();
  EXPECT_EQ(::ERR_peek_error(), 0UL);
  EXPECT_STREQ(OpensslError("alone").what(), "alone");
}

}  // namespace
}  // namespace pglakebase

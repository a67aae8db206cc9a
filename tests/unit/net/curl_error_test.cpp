#include "pglakebase/net/curl_error.hpp"

#include <gtest/gtest.h>

#include <string>

namespace pglakebase {
namespace {

using Kind = HttpError::Kind;

HttpError error(CURLcode code, long proxy_status = 0, bool asked = false) {
  return curl_error(code, "https://w.example", "certificate has expired", proxy_status, asked);
}

TEST(CurlError, EveryKind) {
  EXPECT_EQ(error(CURLE_COULDNT_RESOLVE_HOST).kind(), Kind::unreachable);
  EXPECT_EQ(error(CURLE_COULDNT_CONNECT).kind(), Kind::unreachable);
  EXPECT_EQ(error(CURLE_OPERATION_TIMEDOUT).kind(), Kind::timed_out);
  EXPECT_EQ(error(CURLE_PEER_FAILED_VERIFICATION).kind(), Kind::untrusted);
  EXPECT_EQ(error(CURLE_SSL_CACERT_BADFILE).kind(), Kind::setup);
  EXPECT_EQ(error(CURLE_SSL_CERTPROBLEM).kind(), Kind::setup);
  EXPECT_EQ(error(CURLE_WRITE_ERROR).kind(), Kind::bad_answer);
  EXPECT_EQ(error(CURLE_RECV_ERROR).kind(), Kind::reset);
  EXPECT_EQ(error(CURLE_PARTIAL_FILE).kind(), Kind::reset);
  EXPECT_EQ(error(CURLE_RECV_ERROR, 407).kind(), Kind::setup);
  EXPECT_EQ(error(CURLE_RECV_ERROR, 503).kind(), Kind::reset);
}

TEST(CurlError, SaysWhatTheCertificateLacks) {
  const std::string what = error(CURLE_PEER_FAILED_VERIFICATION).what();
  EXPECT_NE(what.find("certificate has expired"), std::string::npos);
  EXPECT_NE(what.find("SSL_CERT_FILE"), std::string::npos);
}

TEST(CurlError, OtherDetailsStayInside) {
  EXPECT_EQ(std::string(error(CURLE_RECV_ERROR).what()).find("expired"), std::string::npos);
}

TEST(CurlError, AnAnswerThatIsNoneIsNoBadAddress) {
  EXPECT_EQ(error(CURLE_UNSUPPORTED_PROTOCOL).kind(), Kind::setup);
  const HttpError answered = error(CURLE_UNSUPPORTED_PROTOCOL, 0, true);
  EXPECT_EQ(answered.kind(), Kind::bad_answer);
  EXPECT_NE(std::string(answered.what()).find("as a web server does"), std::string::npos);
}

TEST(CurlError, NamesTheProxysAnswer) {
  EXPECT_NE(std::string(error(CURLE_RECV_ERROR, 407).what()).find("HTTP 407"), std::string::npos);
}

}  // namespace
}  // namespace pglakebase

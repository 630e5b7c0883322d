#include "net/http_parser.h"

#include <gtest/gtest.h>

namespace comfytrace::net {
namespace {

constexpr std::size_t kHeaderBytes = 1024;
constexpr std::size_t kBodyBytes = 100;

int refusal_of(std::string text) {
  RequestParser parser(kHeaderBytes, kBodyBytes);
  return parser.parse(text) == ParseState::refused ? parser.refusal().status : 0;
}

TEST(RequestParser, ReadsARequestByteByByte) {
  const std::string whole =
      "POST /runs/a%20b?limit=5&q=x+y&flag HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  RequestParser parser(kHeaderBytes, kBodyBytes);
  std::string buffer;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    buffer += whole[i];
    ASSERT_EQ(parser.parse(buffer), i + 1 < whole.size() ? ParseState::need_more : ParseState::complete) << i;
  }
  const auto request = parser.take();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/runs/a b");
  EXPECT_EQ(request.target, "/runs/a%20b?limit=5&q=x+y&flag");
  EXPECT_EQ(request.query_value("limit"), "5");
  EXPECT_EQ(request.query_value("q"), "x y");
  EXPECT_EQ(request.query_value("flag"), "");
  EXPECT_EQ(request.body, "abcde");
  EXPECT_FALSE(request.headers.get("Trailer").has_value());
}

TEST(RequestParser, LeavesThePipelinedRequestBehindInTheInput) {
  std::string input = "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n";
  RequestParser first(kHeaderBytes, kBodyBytes);
  ASSERT_EQ(first.parse(input), ParseState::complete);
  EXPECT_EQ(first.take().path, "/a");
  RequestParser second(kHeaderBytes, kBodyBytes);
  ASSERT_EQ(second.parse(input), ParseState::complete);
  EXPECT_EQ(second.take().path, "/b");
  EXPECT_TRUE(input.empty());
}

TEST(RequestParser, RefusesWithTheStatusThatFits) {
  const std::string host = " HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(refusal_of("\x16\x03\x01 hello\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /a/../b" + host + "\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /a/%2e%2E/b" + host + "\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /." + host + "\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /%00" + host + "\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /?a=%zz" + host + "\r\n"), 400);
  EXPECT_EQ(refusal_of("GET relative" + host + "\r\n"), 400);
  EXPECT_EQ(refusal_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("GET /" + host + "Host: other\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("POST /" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("POST /" + host + "Content-Length: 3\r\nContent-Length: 4\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("POST /" + host + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of("POST /" + host + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(refusal_of("POST /" + host + "Expect: miracles\r\nContent-Length: 1\r\n\r\n"), 417);
  EXPECT_EQ(refusal_of("GET /" + host + "X: " + std::string(2000, 'x')), 431);
  EXPECT_EQ(refusal_of("GET /" + std::string(2000, 'x')), 431);
  EXPECT_EQ(refusal_of("POST /" + host + "Content-Length: 101\r\n\r\n"), 413);
  EXPECT_EQ(refusal_of("POST /" + host + "Transfer-Encoding: chunked\r\n\r\n65\r\n"), 413);
  EXPECT_EQ(refusal_of("POST /" + host + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(2000, 'x')), 431);
}

TEST(RequestParser, TakesDotsThatAreNoSegments) {
  HttpRequest request;
  EXPECT_TRUE(parse_target("/a..b/.hidden/...", request));
  EXPECT_EQ(request.path, "/a..b/.hidden/...");
  EXPECT_FALSE(parse_target("/a/..", request));
  EXPECT_FALSE(parse_target("", request));
}

TEST(RequestParser, ReadsTheAbsoluteFormAndItsHost) {
  std::string input = "GET http://real.example?x=1 HTTP/1.1\r\nHost: other\r\n\r\n";
  RequestParser parser(kHeaderBytes, kBodyBytes);
  ASSERT_EQ(parser.parse(input), ParseState::complete);
  const auto request = parser.take();
  EXPECT_EQ(request.path, "/");
  EXPECT_EQ(request.query_value("x"), "1");
  EXPECT_EQ(request.headers.get("Host"), "real.example");
}

TEST(RequestParser, SaysOnceThatTheClientWaitsForContinue) {
  std::string input = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  RequestParser parser(kHeaderBytes, kBodyBytes);
  ASSERT_EQ(parser.parse(input), ParseState::need_more);
  EXPECT_TRUE(parser.take_expects_continue());
  EXPECT_FALSE(parser.take_expects_continue());
  input = "ok";
  ASSERT_EQ(parser.parse(input), ParseState::complete);
  EXPECT_EQ(parser.take().body, "ok");
}

TEST(ResponseParser, SkipsInterimResponses) {
  std::string input =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
  ResponseParser parser(kHeaderBytes, kBodyBytes, false);
  ASSERT_EQ(parser.parse(input), ParseState::complete);
  EXPECT_EQ(parser.status(), 200);
  EXPECT_EQ(parser.take_body(), "hi");
  EXPECT_FALSE(parser.headers().get("Link").has_value());
}

TEST(ResponseParser, EndsAnUnboundedBodyWithTheConnection) {
  std::string input = "HTTP/1.0 200 OK\r\n\r\npart";
  ResponseParser parser(kHeaderBytes, kBodyBytes, false);
  ASSERT_EQ(parser.parse(input), ParseState::need_more);
  ASSERT_EQ(parser.parse_end(), ParseState::complete);
  EXPECT_EQ(parser.take_body(), "part");
  EXPECT_FALSE(parser.keep_alive());
}

TEST(ResponseParser, RefusesABodyThatEndsEarly) {
  std::string input = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npart";
  ResponseParser parser(kHeaderBytes, kBodyBytes, false);
  ASSERT_EQ(parser.parse(input), ParseState::need_more);
  EXPECT_EQ(parser.parse_end(), ParseState::refused);
}

}  // namespace
}  // namespace comfytrace::net

#include "api/call.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "api/gzip.h"

namespace comfytrace::api {
namespace {

std::string gunzip(const std::string& bytes) {
  std::string out(1 << 20, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 16 + MAX_WBITS), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

net::HttpResponse reply_to(std::vector<std::pair<std::string, std::string>> headers, const std::string& body) {
  net::HttpResponse answer;
  Call call;
  for (auto& [name, value] : headers) call.request.headers.set(name, value);
  call.respond = [&](net::HttpResponse response) { answer = std::move(response); };
  call.reply_json(body);
  return answer;
}

TEST(Call, CompressesLargeBodiesForThoseWhoTakeIt) {
  const std::string body = "[" + std::string(5'000, ' ') + "]";
  const auto answer = reply_to({{"Accept-Encoding", "br, gzip;q=0.5"}}, body);
  EXPECT_EQ(answer.headers.get("Content-Encoding"), "gzip");
  EXPECT_LT(answer.body.size(), 200u);
  EXPECT_EQ(gunzip(answer.body), body);
  EXPECT_EQ(reply_to({}, body).body, body);
  EXPECT_EQ(reply_to({{"Accept-Encoding", "gzip;q=0, br"}}, body).body, body);
  EXPECT_EQ(reply_to({{"Accept-Encoding", "gzip"}}, "[]").body, "[]");
}

TEST(Call, AnswersAnUnchangedBodyWith304) {
  const std::string etag(*reply_to({}, "[1]").headers.get("ETag"));
  EXPECT_EQ(reply_to({{"If-None-Match", "\"x\", " + etag}}, "[1]").status, 304);
  EXPECT_EQ(reply_to({{"If-None-Match", etag.substr(2)}}, "[1]").status, 304);
  EXPECT_EQ(reply_to({{"If-None-Match", etag}}, "[1]").body, "");
  EXPECT_EQ(reply_to({{"If-None-Match", etag}}, "[2]").status, 200);
}

}  // namespace
}  // namespace comfytrace::api

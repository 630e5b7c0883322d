#include "api/gzip.h"

#include <zlib.h>

#include <cstdlib>

#include "base/check.h"

namespace comfytrace::api {

std::string gzip(std::string_view bytes) {
  constexpr int kGzipFormat = 16;
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + kGzipFormat, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

bool accepts_gzip(std::string_view header) {
  while (!header.empty()) {
    const auto comma = header.find(',');
    auto item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
    while (item.starts_with(' ')) item.remove_prefix(1);
    const auto semicolon = item.find(';');
    auto coding = item.substr(0, semicolon);
    while (coding.ends_with(' ')) coding.remove_suffix(1);
    if (coding != "gzip" && coding != "x-gzip" && coding != "*") continue;
    if (semicolon == std::string_view::npos) return true;
    const auto weight = item.substr(semicolon + 1);
    const auto equals = weight.find("q=");
    return equals == std::string_view::npos || std::strtod(std::string(weight.substr(equals + 2)).c_str(), nullptr) > 0;
  }
  return false;
}

}  // namespace comfytrace::api

#include "replay/picture.h"

#include <zlib.h>

#include <cstddef>
#include <cstdlib>
#include <string_view>

#include "base/check.h"

namespace comfytrace::replay {
namespace {

void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}

void append_chunk(std::string& out, std::string_view type, std::string_view data) {
  append_u32(out, static_cast<std::uint32_t>(data.size()));
  std::string body(type);
  body += data;
  out += body;
  append_u32(out, static_cast<std::uint32_t>(
                      crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()))));
}

std::string deflated(const std::string& raw) {
  uLongf size = compressBound(raw.size());
  std::string packed(size, '\0');
  const int outcome = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                                reinterpret_cast<const Bytef*>(raw.data()), raw.size(), Z_BEST_SPEED);
  CHECK(outcome == Z_OK);
  packed.resize(size);
  return packed;
}

}  // namespace

std::string gradient_png(std::uint32_t width, std::uint32_t height, std::uint32_t phase) {
  CHECK(width > 0 && width <= 4096 && height > 0 && height <= 4096);
  std::string raw;
  raw.reserve(static_cast<std::size_t>(width + 1) * height);
  for (std::uint32_t y = 0; y < height; ++y) {
    raw.push_back('\0');  // no filter
    for (std::uint32_t x = 0; x < width; ++x) {
      // A triangle wave along the diagonal, between dark and light grey.
      const int place = static_cast<int>((x * 256 / width + y * 128 / height + phase * 16) % 256);
      raw.push_back(static_cast<char>(64 + std::abs(place - 128)));
    }
  }
  std::string header;
  append_u32(header, width);
  append_u32(header, height);
  header += std::string("\x08\x00\x00\x00\x00", 5);  // 8 bits, grey, deflate, no filter method, not interlaced

  std::string png("\x89PNG\r\n\x1a\n", 8);
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", deflated(raw));
  append_chunk(png, "IEND", {});
  return png;
}

}  // namespace comfytrace::replay

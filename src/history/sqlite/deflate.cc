#include "history/sqlite/deflate.h"

#include <zlib.h>

#include "history/sqlite/bytes.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr std::uint8_t kPlain = 0;
constexpr std::uint8_t kDeflated = 1;
constexpr std::uint64_t kMaxPlainBytes = 256u << 20;

}  // namespace

std::string plain_form(std::string_view bytes) {
  std::string out(1, static_cast<char>(kPlain));
  out += bytes;
  return out;
}

bool is_plain_form(std::string_view packed) {
  return packed.starts_with(static_cast<char>(kPlain));
}

std::string deflated_if_shorter(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  const int done = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                             reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 6);
  packed.resize(size);
  ByteWriter out;
  out.byte(kDeflated);
  out.u64(bytes.size());
  out.raw(packed);
  if (done != Z_OK || out.bytes().size() > bytes.size()) return plain_form(bytes);
  return out.take();
}

std::optional<std::string> plain_bytes(std::string_view packed) {
  ByteReader in(packed);
  const std::uint8_t form = in.byte();
  if (in.failed()) return std::nullopt;
  if (form == kPlain) return std::string(in.raw(in.left()));
  const std::uint64_t plain_size = in.u64();
  const std::string_view body = in.raw(in.left());
  // Deflate never gains more than a factor of 1032: a greater claim is damage, and not worth its memory.
  if (form != kDeflated || in.failed() || plain_size > kMaxPlainBytes || plain_size > body.size() * 1032 + 64)
    return std::nullopt;
  std::string plain(static_cast<std::size_t>(plain_size), '\0');
  auto size = static_cast<uLongf>(plain_size);
  if (uncompress(reinterpret_cast<Bytef*>(plain.data()), &size, reinterpret_cast<const Bytef*>(body.data()),
                 static_cast<uLong>(body.size())) != Z_OK ||
      size != plain_size)
    return std::nullopt;
  return plain;
}

}  // namespace comfytrace::history::sqlite

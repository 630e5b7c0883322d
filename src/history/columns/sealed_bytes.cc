#include "history/columns/sealed_bytes.h"

#include <zlib.h>
#include <zstd.h>

#include <cstring>

#include "base/check.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kHead = 12;

// Smaller than deflate makes it, and read in a fifth of its time; the next levels take longer both ways for little
// less.
constexpr int kLevel = 1;

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

bool inflate(std::string_view packed, char* to, std::size_t size) {
  auto got = static_cast<uLongf>(size);
  return uncompress(reinterpret_cast<Bytef*>(to), &got, reinterpret_cast<const Bytef*>(packed.data()),
                    static_cast<uLong>(packed.size())) == Z_OK &&
         got == size;
}

}  // namespace

std::string seal(std::string_view plain) {
  std::string sealed(kHead + ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size =
      ZSTD_compress(sealed.data() + kHead, sealed.size() - kHead, plain.data(), plain.size(), kLevel);
  CHECK(ZSTD_isError(size) == 0);
  sealed.resize(kHead + size);
  const auto plain_bytes = static_cast<std::uint32_t>(plain.size());
  std::memcpy(sealed.data() + 8, &plain_bytes, 4);
  const std::uint32_t sum = checksum(std::string_view(sealed).substr(8));
  std::memcpy(sealed.data(), &kForm, 4);
  std::memcpy(sealed.data() + 4, &sum, 4);
  return sealed;
}

struct Unsealer::Context {
  ZSTD_DCtx* zstd = ZSTD_createDCtx();
  Context() { CHECK(zstd != nullptr); }
  Context(const Context&) = delete;
  ~Context() { ZSTD_freeDCtx(zstd); }
};

Unsealer::Unsealer() : context_(std::make_unique<Context>()) {}
Unsealer::~Unsealer() = default;

std::uint32_t Unsealer::open(std::string_view sealed) {
  size_ = 0;
  if (sealed.size() < kHead) return 0;
  std::uint32_t head[3];
  std::memcpy(head, sealed.data(), kHead);
  if (head[0] < kOlderForm || head[0] > kForm || head[1] != checksum(sealed.substr(8))) return 0;
  if (capacity_ < head[2]) {
    capacity_ = head[2];
    room_ = std::make_unique_for_overwrite<char[]>(capacity_);
  }
  sealed.remove_prefix(kHead);
  const bool good = head[0] == kOlderForm ? inflate(sealed, room_.get(), head[2])
                                          : ZSTD_decompressDCtx(context_->zstd, room_.get(), head[2], sealed.data(),
                                                                sealed.size()) == head[2];
  if (!good) return 0;
  size_ = head[2];
  return head[0];
}

}  // namespace comfytrace::history::columns

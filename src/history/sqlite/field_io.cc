#include "history/sqlite/field_io.h"

#include "base/uuid.h"

namespace comfytrace::history::sqlite {
namespace {

// How a number is written; the tag is in the low two bits of the first varint.
enum NumberTag : std::uint64_t { kAbsent = 0, kWhole = 1, kThousandths = 2, kBits = 3 };

enum IdTag : std::uint8_t { kText = 0, kUuid = 1, kSameAsLast = 2, kSameAsRun = 3 };
enum SeedTag : std::uint8_t { kNoSeed = 0, kDecimal = 1, kOtherSeed = 2 };

constexpr double kExactWhole = 1e15;

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

int hex_value(char c) {
  return c >= 'a' ? c - 'a' + 10 : c - '0';
}

}  // namespace

std::optional<std::array<char, 16>> uuid_bytes(std::string_view text) {
  if (!base::is_canonical_uuid(text)) return std::nullopt;
  std::array<char, 16> bytes{};
  std::size_t digits = 0;
  for (const char c : text) {
    if (c == '-') continue;
    auto& byte = bytes[digits / 2];
    byte = static_cast<char>((static_cast<unsigned char>(byte) << 4) | hex_value(c));
    ++digits;
  }
  return bytes;
}

std::string uuid_text(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

void FieldWriter::number(const std::optional<double>& value) {
  if (!value) return bytes_.u64(kAbsent);
  if (std::abs(*value) < kExactWhole / 1000) {
    const double thousandths = std::round(*value * 1000);
    if (same_bits(std::trunc(*value), *value) && !same_bits(*value, -0.0))
      return bytes_.u64((zigzag(static_cast<std::int64_t>(*value)) << 2) | kWhole);
    if (same_bits(thousandths / 1000, *value))
      return bytes_.u64((zigzag(static_cast<std::int64_t>(thousandths)) << 2) | kThousandths);
  }
  bytes_.u64(kBits);
  bytes_.fixed64(std::bit_cast<std::uint64_t>(*value));
}

void FieldReader::number(std::optional<double>& value) {
  const std::uint64_t coded = bytes_.u64();
  value.reset();
  switch (coded & 3) {
    case kWhole:
      value = static_cast<double>(unzigzag(coded >> 2));
      break;
    case kThousandths:
      value = static_cast<double>(unzigzag(coded >> 2)) / 1000;
      break;
    case kBits:
      value = std::bit_cast<double>(bytes_.fixed64());
      break;
    default:
      break;
  }
}

void FieldWriter::id(const std::string& value) {
  if (value == last_id_) {
    bytes_.byte(kSameAsLast);
  } else if (value == run_id_) {
    bytes_.byte(kSameAsRun);
  } else if (const auto packed = uuid_bytes(value)) {
    bytes_.byte(kUuid);
    bytes_.raw({packed->data(), packed->size()});
  } else {
    bytes_.byte(kText);
    bytes_.text(value);
  }
  last_id_ = value;
}

void FieldReader::id(std::string& value) {
  switch (bytes_.byte()) {
    case kText:
      value = bytes_.text();
      break;
    case kUuid:
      value = uuid_text(bytes_.raw(16));
      break;
    case kSameAsLast:
      value = last_id_;
      break;
    case kSameAsRun:
      value = run_id_;
      break;
    default:
      bytes_.fail();
  }
  last_id_ = value;
}

void FieldWriter::seed(const std::optional<std::string>& value) {
  if (!value) return bytes_.byte(kNoSeed);
  std::uint64_t decimal = 0;
  const char* const end = value->data() + value->size();
  const auto read = std::from_chars(value->data(), end, decimal);
  if (read.ec == std::errc() && read.ptr == end && std::to_string(decimal) == *value) {
    bytes_.byte(kDecimal);
    bytes_.u64(decimal);
  } else {
    bytes_.byte(kOtherSeed);
    bytes_.text(*value);
  }
}

void FieldReader::seed(std::optional<std::string>& value) {
  value.reset();
  switch (bytes_.byte()) {
    case kNoSeed:
      break;
    case kDecimal:
      value = std::to_string(bytes_.u64());
      break;
    case kOtherSeed:
      value = std::string(bytes_.text());
      break;
    default:
      bytes_.fail();
  }
}

}  // namespace comfytrace::history::sqlite

#include "history/sqlite/field_io.h"

#include <algorithm>

#include "history/sqlite/field_skipper.h"

namespace comfytrace::history::sqlite {
namespace {

// How a number is written; the tag is in the low two bits of the first varint.
enum NumberTag : std::uint64_t { kAbsent = 0, kWhole = 1, kThousandths = 2, kBits = 3 };

enum IdTag : std::uint8_t { kText = 0, kUuid = 1, kSameAsLast = 2, kSameAsRun = 3 };
enum SeedTag : std::uint8_t { kNoSeed = 0, kDecimal = 1, kOtherSeed = 2, kLongDecimal = 3 };

constexpr std::uint64_t kLongSeed = std::uint64_t{1} << 56;  // from here a varint takes more than eight bytes
constexpr int kUnitBits = 16;

constexpr double kExactWhole = 1e15;

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

static_assert(std::endian::native == std::endian::little);

// Four bytes from eight lower-case hexadecimal digits, all at once. False: one of them is none.
bool put_bytes(const char* digits, char* to) {
  const auto each = [](std::uint64_t byte) { return byte * 0x0101010101010101u; };
  std::uint64_t text = 0;
  std::memcpy(&text, digits, sizeof text);
  // The high bit of each byte tells; below it there is no carry.
  const std::uint64_t low = text & each(0x7F);
  const std::uint64_t is_digit = (low + each(0x80 - '0')) & ~(low + each(0x7F - '9'));
  const std::uint64_t is_letter = (low + each(0x80 - 'a')) & ~(low + each(0x7F - 'f'));
  if (((is_digit | is_letter) & ~text & each(0x80)) != each(0x80)) return false;
  std::uint64_t values = (text & each(0x0F)) + 9 * (text >> 6 & each(1));
  values = (values << 4 | values >> 8) & 0x00FF00FF00FF00FFu;
  values = (values | values >> 8) & 0x0000FFFF0000FFFFu;
  const auto bytes = static_cast<std::uint32_t>(values | values >> 16);
  std::memcpy(to, &bytes, sizeof bytes);
  return true;
}

// The number that is written as `text` and in no other way.
std::optional<std::uint64_t> decimal_of(std::string_view text) {
  constexpr std::size_t kSurelyFits = std::numeric_limits<std::uint64_t>::digits10;
  if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t number = 0;
  for (const char digit : text.substr(0, kSurelyFits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = 10 * number + static_cast<std::uint64_t>(digit - '0');
  }
  for (const char digit : text.substr(std::min(kSurelyFits, text.size()))) {
    if (digit < '0' || digit > '9' || __builtin_mul_overflow(number, 10u, &number) ||
        __builtin_add_overflow(number, static_cast<std::uint64_t>(digit - '0'), &number))
      return std::nullopt;
  }
  return number;
}

}  // namespace

std::optional<std::array<char, 16>> uuid_bytes(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return std::nullopt;
  char digits[32];
  const char* const from = text.data();
  std::memcpy(digits, from, 8);
  std::memcpy(digits + 8, from + 9, 4);
  std::memcpy(digits + 12, from + 14, 4);
  std::memcpy(digits + 16, from + 19, 4);
  std::memcpy(digits + 20, from + 24, 12);
  std::optional<std::array<char, 16>> bytes(std::in_place);
  bool all = true;
  for (std::size_t i = 0; i < 4; ++i) all = put_bytes(digits + 8 * i, bytes->data() + 4 * i) && all;
  if (!all) bytes.reset();
  return bytes;
}

std::string uuid_text(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<char, 36> text{};
  std::size_t size = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 16); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[size++] = '-';
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[size++] = kDigits[byte >> 4];
    text[size++] = kDigits[byte & 15];
  }
  return {text.data(), size};
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

void FieldSkipper::id(const std::string&) {
  switch (bytes_.byte()) {
    case kText:
      (void)bytes_.text();
      break;
    case kUuid:
      (void)bytes_.raw(16);
      break;
    case kSameAsLast:
    case kSameAsRun:
      break;
    default:
      bytes_.fail();
  }
}

void FieldWriter::text_like(const std::string& value, const std::string& before) {
  const std::size_t shorter = std::min(value.size(), before.size());
  std::size_t head = 0;
  while (head < shorter && value[head] == before[head]) ++head;
  std::size_t tail = 0;
  while (tail < shorter - head && value[value.size() - 1 - tail] == before[before.size() - 1 - tail]) ++tail;
  bytes_.u64(head);
  bytes_.u64(tail);
  const std::string_view middle = std::string_view(value).substr(head, value.size() - head - tail);
  plain_text_bytes_ += middle.size();
  bytes_.text(middle);
}

void FieldReader::text_like(std::string& value, const std::string& before) {
  const std::uint64_t head = bytes_.u64();
  const std::uint64_t tail = bytes_.u64();
  const std::string_view middle = bytes_.text();
  if (head > before.size() || tail > before.size() - head) return bytes_.fail();
  const std::string_view like = before;
  std::string text(like.substr(0, head));
  text += middle;
  text += like.substr(like.size() - tail);
  value = std::move(text);
}

// 0: none; odd: so many whole units; 2: bytes follow.
void FieldWriter::memory(const std::optional<std::int64_t>& value, std::optional<std::int64_t> guess) {
  if (!value) return bytes_.u64(0);
  const std::int64_t beyond = wrapping_sub(*value, guess.value_or(0));
  const std::uint64_t coded = zigzag(beyond >> kUnitBits);
  if ((beyond & ((1 << kUnitBits) - 1)) == 0) return bytes_.u64(coded << 1 | 1);
  bytes_.u64(2);
  bytes_.i64(beyond);
}

void FieldReader::memory(std::optional<std::int64_t>& value, std::optional<std::int64_t> guess) {
  const std::uint64_t coded = bytes_.u64();
  value.reset();
  if (coded == 0) return;
  if ((coded & 1) == 0 && coded != 2) return bytes_.fail();
  const std::int64_t beyond =
      coded == 2 ? bytes_.i64()
                 : static_cast<std::int64_t>(static_cast<std::uint64_t>(unzigzag(coded >> 1)) << kUnitBits);
  value = wrapping_add(beyond, guess.value_or(0));
}

void FieldWriter::seed(const std::optional<std::string>& value) {
  if (!value) return bytes_.byte(kNoSeed);
  if (const auto decimal = decimal_of(*value)) {
    bytes_.byte(*decimal < kLongSeed ? kDecimal : kLongDecimal);
    *decimal < kLongSeed ? bytes_.u64(*decimal) : bytes_.fixed64(*decimal);
  } else {
    bytes_.byte(kOtherSeed);
    bytes_.text(*value);
  }
}

void FieldSkipper::seed(const std::optional<std::string>&) {
  switch (bytes_.byte()) {
    case kNoSeed:
      break;
    case kDecimal:
      (void)bytes_.u64();
      break;
    case kLongDecimal:
      (void)bytes_.fixed64();
      break;
    case kOtherSeed:
      (void)bytes_.text();
      break;
    default:
      bytes_.fail();
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
    case kLongDecimal:
      value = std::to_string(bytes_.fixed64());
      break;
    case kOtherSeed:
      value = std::string(bytes_.text());
      break;
    default:
      bytes_.fail();
  }
}

}  // namespace comfytrace::history::sqlite

#include "history/sqlite/sample_codec.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "history/sqlite/bytes.h"
#include "history/sqlite/deflate.h"

namespace comfytrace::history::sqlite {
namespace {

using model::DeviceSample;
using Integers = std::vector<std::optional<std::int64_t>>;
using Numbers = std::vector<std::optional<double>>;

constexpr std::uint8_t kVersion = 1;

// Which rows have a value.
enum Presence : std::uint8_t { kNone = 0, kAll = 1, kSome = 2 };
// How a column's numbers are written: as multiples of 1/scale where that is exact, else bit by bit.
constexpr std::array<double, 4> kScales{1, 10, 100, 1000};
constexpr std::uint8_t kBits = 255;

template <class T>
std::vector<T> write_presence(ByteWriter& out, const std::vector<std::optional<T>>& column) {
  std::vector<T> values;
  for (const auto& value : column) {
    if (value) values.push_back(*value);
  }
  const Presence presence = values.empty() ? kNone : values.size() == column.size() ? kAll : kSome;
  out.byte(presence);
  if (presence == kSome) {
    for (std::size_t i = 0; i < column.size(); i += 8) {
      std::uint8_t bits = 0;
      for (std::size_t k = 0; k < 8 && i + k < column.size(); ++k)
        bits = static_cast<std::uint8_t>(bits | (column[i + k] ? 1u << k : 0u));
      out.byte(bits);
    }
  }
  return values;
}

std::vector<bool> read_presence(ByteReader& in, std::size_t rows) {
  const std::uint8_t presence = in.byte();
  std::vector<bool> present(rows, presence == kAll);
  if (presence != kSome) return present;
  for (std::size_t i = 0; i < rows; i += 8) {
    const std::uint8_t bits = in.byte();
    for (std::size_t k = 0; k < 8 && i + k < rows; ++k) present[i + k] = (bits >> k) & 1;
  }
  return present;
}

// Second differences where values grow steadily (times), first differences elsewhere.
void write_values(ByteWriter& out, const std::vector<std::int64_t>& values, bool steady) {
  std::uint64_t any = 0;
  for (const std::int64_t value : values) any |= static_cast<std::uint64_t>(value);
  const int shift = any == 0 ? 0 : std::min(std::countr_zero(any), 62);  // memory comes in whole pages
  out.byte(static_cast<std::uint8_t>(shift));
  std::int64_t last = 0;
  std::int64_t step = 0;
  for (const std::int64_t raw : values) {
    const std::int64_t value = raw >> shift;
    const std::int64_t difference = wrapping_sub(value, last);
    out.i64(steady ? wrapping_sub(difference, step) : difference);
    step = difference;
    last = value;
  }
}

std::vector<std::int64_t> read_values(ByteReader& in, std::size_t count, bool steady) {
  const int shift = in.byte();
  if (shift > 62) in.fail();
  std::vector<std::int64_t> values;
  std::int64_t last = 0;
  std::int64_t step = 0;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    step = steady ? wrapping_add(step, in.i64()) : in.i64();
    last = wrapping_add(last, step);
    values.push_back(static_cast<std::int64_t>(static_cast<std::uint64_t>(last) << shift));
  }
  return values;
}

std::size_t count_of(const std::vector<bool>& present) {
  return static_cast<std::size_t>(std::ranges::count(present, true));
}

template <class T, class V>
std::vector<std::optional<T>> spread(const std::vector<bool>& present, const std::vector<V>& values, const auto& each) {
  std::vector<std::optional<T>> column(present.size());
  std::size_t next = 0;
  for (std::size_t i = 0; i < present.size() && next < values.size(); ++i) {
    if (present[i]) column[i] = each(values[next++]);
  }
  return column;
}

void write_integers(ByteWriter& out, const Integers& column) {
  write_values(out, write_presence(out, column), false);
}

Integers read_integers(ByteReader& in, std::size_t rows) {
  const auto present = read_presence(in, rows);
  return spread<std::int64_t>(present, read_values(in, count_of(present), false), [](std::int64_t v) { return v; });
}

bool exact_at(double value, double scale) {
  if (!(std::abs(value) < 1e12) || std::bit_cast<std::uint64_t>(value) == std::bit_cast<std::uint64_t>(-0.0))
    return false;
  return std::round(value * scale) / scale == value;
}

void write_numbers(ByteWriter& out, const Numbers& column) {
  const std::vector<double> values = write_presence(out, column);
  for (std::size_t s = 0; s < kScales.size(); ++s) {
    if (!std::ranges::all_of(values, [&](double value) { return exact_at(value, kScales[s]); })) continue;
    std::vector<std::int64_t> scaled;
    scaled.reserve(values.size());
    for (const double value : values) scaled.push_back(static_cast<std::int64_t>(std::round(value * kScales[s])));
    out.byte(static_cast<std::uint8_t>(s));
    return write_values(out, scaled, false);
  }
  out.byte(kBits);
  for (const double value : values) out.fixed64(std::bit_cast<std::uint64_t>(value));
}

Numbers read_numbers(ByteReader& in, std::size_t rows) {
  const auto present = read_presence(in, rows);
  const std::uint8_t form = in.byte();
  const std::size_t count = count_of(present);
  if (form < kScales.size()) {
    return spread<double>(present, read_values(in, count, false),
                          [&](std::int64_t v) { return static_cast<double>(v) / kScales[form]; });
  }
  if (form != kBits) in.fail();
  std::vector<double> values;
  for (std::size_t i = 0; i < count && !in.failed(); ++i) values.push_back(std::bit_cast<double>(in.fixed64()));
  return spread<double>(present, values, [](double v) { return v; });
}

template <class T>
std::vector<T> column_of(const std::vector<DeviceSample>& samples, T DeviceSample::*field) {
  std::vector<T> column;
  column.reserve(samples.size());
  for (const auto& sample : samples) column.push_back(sample.*field);
  return column;
}

}  // namespace

std::string pack_samples(const std::vector<DeviceSample>& samples) {
  ByteWriter out;
  out.byte(kVersion);
  out.u64(samples.size());
  write_values(out, column_of(samples, &DeviceSample::at_ms), true);
  write_values(out, column_of(samples, &DeviceSample::device_index), false);
  write_integers(out, column_of(samples, &DeviceSample::vram_used_bytes));
  // Used and free mostly add up to what the device has: their sum hardly ever changes.
  Integers sums = column_of(samples, &DeviceSample::vram_free_bytes);
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (sums[i]) sums[i] = wrapping_add(*sums[i], samples[i].vram_used_bytes.value_or(0));
  }
  write_integers(out, sums);
  write_numbers(out, column_of(samples, &DeviceSample::utilization_ratio));
  write_numbers(out, column_of(samples, &DeviceSample::temperature_celsius));
  write_numbers(out, column_of(samples, &DeviceSample::power_watts));
  return deflated_if_shorter(out.bytes());
}

std::optional<std::vector<DeviceSample>> unpack_samples(std::string_view bytes) {
  const auto plain = plain_bytes(bytes);
  if (!plain) return std::nullopt;
  ByteReader in(*plain);
  if (in.byte() != kVersion) return std::nullopt;
  const std::size_t rows = in.count();
  const auto at_ms = read_values(in, rows, true);
  const auto device_index = read_values(in, rows, false);
  const Integers used = read_integers(in, rows);
  const Integers sums = read_integers(in, rows);
  const Numbers utilization = read_numbers(in, rows);
  const Numbers temperature = read_numbers(in, rows);
  const Numbers power = read_numbers(in, rows);
  if (in.failed() || in.left() != 0) return std::nullopt;
  std::vector<DeviceSample> samples(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    samples[i] = {at_ms[i], device_index[i], used[i], std::nullopt, utilization[i], temperature[i], power[i]};
    if (sums[i]) samples[i].vram_free_bytes = wrapping_sub(*sums[i], used[i].value_or(0));
  }
  return samples;
}

}  // namespace comfytrace::history::sqlite

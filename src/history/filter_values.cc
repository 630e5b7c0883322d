#include "history/filter_values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>

#include "base/text.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::int64_t kMinute_ms = 60'000;
constexpr std::int64_t kHour_ms = 60 * kMinute_ms;
constexpr std::int64_t kDay_ms = 24 * kHour_ms;
constexpr std::int64_t kMaxAgo_ms = 7'000'000 * kDay_ms;
constexpr std::int64_t kLastMs = 253'402'300'799'999;  // the end of the year 9999
constexpr std::string_view kTimeMend =
    "epoch milliseconds, 2026-11-22, 2026-11-22T10:00:00Z, or back from now: -7d, -12h, -30m";

struct Unit {
  std::string_view name;
  std::int64_t factor;
};
constexpr std::array kDurations{Unit{"ms", 1},       Unit{"s", 1'000},   Unit{"m", kMinute_ms},
                                Unit{"h", kHour_ms}, Unit{"d", kDay_ms}, Unit{"w", 7 * kDay_ms}};
constexpr std::array kSizes{Unit{"b", 1},
                            Unit{"kb", 1'000},
                            Unit{"mb", 1'000'000},
                            Unit{"gb", 1'000'000'000},
                            Unit{"tb", 1'000'000'000'000},
                            Unit{"kib", 1ll << 10},
                            Unit{"mib", 1ll << 20},
                            Unit{"gib", 1ll << 30},
                            Unit{"tib", 1ll << 40}};

Error not_a(std::string_view what, std::string_view text, std::string_view mend) {
  return Error{ErrorCode::invalid, "\"" + base::bounded_text(text, 60) + "\" is not a " + std::string(what), "",
               std::string(mend)};
}

std::optional<std::int64_t> as_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A number with one of the units behind it, or none.
std::optional<std::int64_t> quantity(std::string_view text, std::span<const Unit> units) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  std::string_view number = text.substr(0, digits);
  std::string unit(text.substr(digits));
  if (unit.starts_with(' ')) unit.erase(0, 1);
  for (char& c : unit) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  std::int64_t factor = 1;
  if (digits < text.size()) {
    const auto found = std::ranges::find(units, std::string_view(unit), &Unit::name);
    if (found == units.end()) return std::nullopt;
    factor = found->factor;
  }
  if (const auto whole = as_number(number)) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(*whole, factor, &product)) return std::nullopt;
    return product;
  }
  double fraction = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fraction);
  if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  const double product = std::round(fraction * static_cast<double>(factor));
  if (product >= 9.2e18) return std::nullopt;
  return static_cast<std::int64_t>(product);
}

// Reads fixed-width parts of a time off the front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  [[nodiscard]] std::optional<int> digits(std::size_t count) {
    if (text_.size() < count) return std::nullopt;
    int number = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return number;
  }
  [[nodiscard]] bool take(char c) {
    if (!text_.starts_with(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool done() const { return text_.empty(); }

 private:
  std::string_view text_;
};

// Milliseconds of ".25"; further digits are read and left out.
std::optional<int> fraction(Cursor& cursor) {
  int milliseconds = 0;
  int count = 0;
  while (const auto digit = cursor.digits(1)) {
    if (count++ < 3) milliseconds = milliseconds * 10 + *digit;
  }
  if (count == 0) return std::nullopt;
  for (; count < 3; ++count) milliseconds *= 10;
  return milliseconds;
}

std::optional<std::int64_t> clock_of_day(Cursor& cursor) {
  const auto hour = cursor.digits(2);
  if (!hour || *hour > 23 || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  std::int64_t ms = (*hour * 60 + *minute) * 60'000;
  if (cursor.take(':')) {
    const auto second = cursor.digits(2);
    if (!second || *second > 60) return std::nullopt;
    ms += *second * 1000;
    if (cursor.take('.')) {
      const auto rest = fraction(cursor);
      if (!rest) return std::nullopt;
      ms += *rest;
    }
  }
  if (cursor.take('Z') || cursor.take('z')) return ms;
  const bool east = cursor.take('+') || cursor.take(' ');  // a "+" that was not encoded arrives as a space
  if (!east && !cursor.take('-')) return std::nullopt;
  const auto hours = cursor.digits(2);
  if (!hours || *hours > 23 || !cursor.take(':')) return std::nullopt;
  const auto minutes = cursor.digits(2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const std::int64_t offset_ms = (*hours * 60 + *minutes) * 60'000;
  return east ? ms - offset_ms : ms + offset_ms;
}

std::optional<std::int64_t> calendar_time(std::string_view text) {
  Cursor cursor(text);
  const auto year = cursor.digits(4);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.digits(2);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.digits(2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  std::int64_t ms = std::chrono::sys_days(date).time_since_epoch().count() * std::int64_t{86'400'000};
  if (cursor.take('T') || cursor.take('t')) {
    const auto of_day = clock_of_day(cursor);
    if (!of_day) return std::nullopt;
    ms += *of_day;
  }
  if (!cursor.done()) return std::nullopt;
  return ms;
}

std::optional<std::int64_t> written_ago(std::string_view text) {
  if (text == "now") return 0;
  if (text.size() < 3 || text.front() != '-') return std::nullopt;
  const auto unit = std::ranges::find(kDurations, text.substr(text.size() - 1), &Unit::name);
  if (unit == kDurations.end() || unit->factor < kMinute_ms) return std::nullopt;
  const auto count = as_number(text.substr(1, text.size() - 2));
  if (!count || *count < 0 || *count > kMaxAgo_ms / unit->factor) return std::nullopt;
  return *count * unit->factor;
}

}  // namespace

std::int64_t WrittenTime::from(std::int64_t now_ms) const {
  return at_ms ? *at_ms : std::max<std::int64_t>(0, now_ms - ago_ms.value_or(0));
}

Result<WrittenTime> parse_time(std::string_view text) {
  WrittenTime time;
  time.ago_ms = written_ago(text);
  if (time.ago_ms) return time;
  time.at_ms = calendar_time(text);
  if (!time.at_ms) time.at_ms = as_number(text);
  if (!time.at_ms || *time.at_ms < 0 || *time.at_ms > kLastMs) return not_a("time", text, kTimeMend);
  return time;
}

std::string to_text_ago(std::int64_t ago_ms) {
  if (ago_ms == 0) return "now";
  if (ago_ms % kDay_ms == 0) return "-" + std::to_string(ago_ms / kDay_ms) + "d";
  if (ago_ms % kHour_ms == 0) return "-" + std::to_string(ago_ms / kHour_ms) + "h";
  return "-" + std::to_string(ago_ms / kMinute_ms) + "m";
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  if (const auto duration = quantity(text, kDurations)) return *duration;
  return not_a("duration", text, "milliseconds, or 500ms, 90s, 2m, 1.5h, 30d, 4w");
}

Result<std::int64_t> parse_bytes(std::string_view text) {
  if (const auto bytes = quantity(text, kSizes)) return *bytes;
  return not_a("size", text, "bytes, or 512MiB, 8GiB, 1.5TiB, 8GB");
}

Result<std::int64_t> parse_count(std::string_view text) {
  const auto count = as_number(text);
  if (!count || *count < 0) return not_a("number", text, "a whole number, 0 or more");
  return *count;
}

}  // namespace comfytrace::history

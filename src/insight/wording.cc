#include "insight/wording.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace comfytrace::insight {
namespace {

constexpr const char* kMinus = "\u2212";

// Two digits that say something: 1.2, 12, 120.
std::string two_digits(double value) {
  if (value < 9.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

std::string with_unit(double value, const char* unit) {
  std::string number = two_digits(value);
  if (number.ends_with(".0")) number.resize(number.size() - 2);
  return number + " " + unit;
}

}  // namespace

std::string duration_words(double duration_ms) {
  if (duration_ms < 0) return kMinus + duration_words(-duration_ms);
  if (duration_ms < 999.5) return fmt::format("{:.0f} ms", duration_ms);
  const double seconds = duration_ms / 1000;
  if (seconds < 59.5) return with_unit(seconds, "s");
  const auto whole = static_cast<std::int64_t>(std::llround(seconds));
  if (whole < 3600) return fmt::format("{} m {:02} s", whole / 60, whole % 60);
  if (whole < 86'400) return fmt::format("{} h {:02} m", whole / 3600, whole % 3600 / 60);
  return fmt::format("{} d {} h", whole / 86'400, whole % 86'400 / 3600);
}

std::string bytes_words(double bytes) {
  if (bytes < 0) return kMinus + bytes_words(-bytes);
  constexpr double kMiB = 1024.0 * 1024.0;
  if (bytes < kMiB) return fmt::format("{:.0f} KiB", bytes / 1024);
  if (bytes < 1000 * kMiB) return fmt::format("{:.0f} MiB", bytes / kMiB);
  return fmt::format("{:.1f} GiB", bytes / kMiB / 1024);
}

std::string percent_words(double ratio) {
  const double percent = std::abs(ratio) * 100;
  if (percent == 0) return "0 %";
  if (percent < 0.1) return "below 0.1 %";
  return with_unit(percent, "%");
}

std::string signed_percent_words(double ratio) {
  const std::string words = percent_words(ratio);
  if (ratio == 0 || words.starts_with("below")) return "0 %";
  return (ratio < 0 ? kMinus : "+") + words;
}

std::string percent_range_words(double low, double high) {
  const auto words = [](double ratio) {
    const double percent = std::abs(ratio) * 100;
    std::string number = percent < 0.05 ? "0" : two_digits(percent);
    if (number.ends_with(".0")) number.resize(number.size() - 2);
    return (ratio < 0 && number != "0" ? kMinus : "") + number;
  };
  return words(low) + " to " + words(high) + " %";
}

std::string value_words(double value, Unit unit) {
  switch (unit) {
    case Unit::ms:
      return duration_words(value);
    case Unit::bytes:
      return bytes_words(value);
    case Unit::ratio:
      return fmt::format("{:.2f}", value);
    case Unit::rate:
      return percent_words(value);
  }
  return "";
}

std::string count_words(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

std::string list_words(const std::vector<std::string>& items, std::size_t at_most) {
  std::string words;
  const bool cut = items.size() > at_most + 1;  // "and 1 more" would be no shorter
  const std::size_t shown = cut ? at_most : items.size();
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) words += !cut && i + 1 == shown ? " and " : ", ";
    words += items[i];
  }
  if (cut) words += fmt::format(" and {} more", items.size() - shown);
  return words;
}

std::string day_words(std::int64_t at_ms, std::int64_t utc_offset_ms) {
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  // Times from the world may be anything: what no calendar holds is shown at its ends.
  constexpr std::int64_t kLimit_ms = 8'000'000'000'000'000;
  const std::int64_t bounded = std::min(std::max(at_ms, -kLimit_ms), kLimit_ms) + utc_offset_ms;
  const std::chrono::sys_time<std::chrono::milliseconds> at{std::chrono::milliseconds(bounded)};
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(at)};
  return fmt::format("{} {} {}", static_cast<unsigned>(day.day()), kMonths[static_cast<unsigned>(day.month()) - 1],
                     static_cast<int>(day.year()));
}

}  // namespace comfytrace::insight

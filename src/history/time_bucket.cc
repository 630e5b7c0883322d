#include "history/time_bucket.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace comfytrace::history {
namespace {

constexpr std::int64_t kHour_ms = 3'600'000;
constexpr std::int64_t kDay_ms = 24 * kHour_ms;
constexpr std::int64_t kLast_ms = 8'640'000'000'000'000;

constexpr std::int64_t floor_to(std::int64_t value, std::int64_t step) {
  const std::int64_t rest = value % step;
  return value - (rest < 0 ? rest + step : rest);
}

// A day of the proleptic Gregorian calendar. Not std::chrono, whose years are 16 bits wide.
struct Civil {
  std::int64_t year;
  std::int64_t month;
  std::int64_t day;
};

// Howard Hinnant's days_from_civil turned round; days count from 1970-01-01.
Civil civil_of(std::int64_t days) {
  days += 719'468;
  const std::int64_t era = floor_to(days, 146'097) / 146'097;
  const std::int64_t of_era = days - era * 146'097;
  const std::int64_t year = (of_era - of_era / 1'460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t from_march = (5 * of_year + 2) / 153;
  const std::int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
  return {year + era * 400 + (month <= 2), month, of_year - (153 * from_march + 2) / 5 + 1};
}

}  // namespace

std::int64_t bucket_start(GroupBy group_by, std::int64_t at_ms, std::int64_t utc_offset_ms) {
  const std::int64_t local = std::clamp(at_ms, -kLast_ms, kLast_ms) + utc_offset_ms;
  if (group_by == GroupBy::hour) return floor_to(local, kHour_ms) - utc_offset_ms;
  const std::int64_t midnight = floor_to(local, kDay_ms);
  if (group_by == GroupBy::day) return midnight - utc_offset_ms;
  const std::int64_t days = midnight / kDay_ms;
  if (group_by == GroupBy::week) return (floor_to(days + 3, 7) - 3) * kDay_ms - utc_offset_ms;  // day 0: a Thursday
  return midnight - (civil_of(days).day - 1) * kDay_ms - utc_offset_ms;
}

std::string iso_time(std::int64_t at_ms, std::int64_t utc_offset_ms) {
  const std::int64_t local = std::clamp(at_ms, -2 * kLast_ms, 2 * kLast_ms) + utc_offset_ms;
  const std::int64_t midnight = floor_to(local, kDay_ms);
  const Civil date = civil_of(midnight / kDay_ms);
  const std::int64_t seconds = (local - midnight) / 1000;
  const bool plain = date.year >= 0 && date.year <= 9999;
  std::string text =
      fmt::format("{}{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", plain ? "" : (date.year < 0 ? "-" : "+"),
                  std::abs(date.year), date.month, date.day, seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (utc_offset_ms == 0) return text + "Z";
  const std::int64_t minutes = std::abs(utc_offset_ms) / 60'000;
  return text + fmt::format("{}{:02}:{:02}", utc_offset_ms < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

}  // namespace comfytrace::history

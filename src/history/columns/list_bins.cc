#include "history/columns/list_bins.h"

#include <algorithm>
#include <bit>

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kFine = 64;  // to the octave
constexpr std::size_t kBins = kFine * 58;

// Grows with `value`; below 128 each has its own.
std::size_t log_bin(std::uint64_t value) {
  const auto bits = static_cast<std::size_t>(std::bit_width(value));
  const std::size_t shift = bits > 7 ? bits - 7 : 0;
  return kFine * shift + static_cast<std::size_t>(value >> shift);
}

std::size_t value_bin(std::int64_t value) {
  return log_bin(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
}

}  // namespace

ListBins::ListBins(RunSort sort, std::int64_t newest_ms) : sort_(sort), newest_ms_(newest_ms), runs_(kBins + 1, 0) {}

std::size_t ListBins::bin_of(const std::optional<std::int64_t>& value) const {
  if (!value) return kBins;
  const bool by_time = sort_ == RunSort::newest || sort_ == RunSort::oldest;
  // A time that lies further back than numbers reach is as old as can be.
  std::int64_t measure = *value;
  if (by_time && __builtin_sub_overflow(newest_ms_, *value, &measure)) measure = *value < 0 ? INT64_MAX : 0;
  const std::size_t bin = std::min(value_bin(measure), kBins - 1);
  const bool grows = sort_ == RunSort::newest || sort_ == RunSort::shortest;
  return grows ? bin : kBins - 1 - bin;
}

ListBins::Stretch ListBins::stretch(std::int64_t offset, std::int64_t limit) const {
  Stretch found;
  std::size_t bin = 0;
  while (bin < runs_.size() && found.before + runs_[bin] <= offset) found.before += runs_[bin++];
  found.first = found.last = bin;
  for (; bin < runs_.size() && found.before + found.runs < offset + limit; ++bin) {
    found.runs += runs_[bin];
    found.last = bin;
  }
  return found;
}

}  // namespace comfytrace::history::columns

#include "history/columns/sealed_times.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "history/columns/column_loops.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::uint8_t kWide = 8;

bool is_width(std::uint8_t width) {
  return (width >= 1 && width <= 3) || width == kWide;
}

std::uint8_t width_for(std::span<const std::int64_t> times) {
  const auto [least, most] = std::ranges::minmax(times);
  if (least < 0 || most >= 1 << 24) return kWide;
  return most < 1 << 8 ? 1 : most < 1 << 16 ? 2 : 3;
}

void put(std::span<const std::int64_t> times, std::uint8_t width, unsigned char* to) {
  if (width == kWide) {
    std::memcpy(to, times.data(), times.size_bytes());
    return;
  }
  unsigned char* third = to + 2 * times.size();
  for (const std::int64_t time : times) {
    *to++ = static_cast<unsigned char>(time);
    if (width > 1) *to++ = static_cast<unsigned char>(time >> 8);
    if (width > 2) *third++ = static_cast<unsigned char>(time >> 16);
  }
}

std::int32_t pair_at(const unsigned char* from) {
  std::uint16_t pair = 0;
  std::memcpy(&pair, from, sizeof pair);
  return pair;
}

// A column of so many times that begins there, from the `first` of them on.
NarrowColumn narrow(const unsigned char* begin, std::uint8_t width, std::uint32_t count, std::uint32_t first) {
  const std::size_t in_first = width == 1 ? 1 : 2;
  return {width, begin + in_first * first, width == 3 ? begin + in_first * count + first : nullptr};
}

}  // namespace

std::unique_ptr<const SealedTimes> SealedTimes::of(const OpenTimes& open, const Interner<NodeShape>& shapes) {
  // Those with the same classes side by side.
  std::vector<std::uint32_t> run_shapes;
  std::vector<std::uint32_t> run_of_shape(shapes.size(), 0);
  for (std::uint32_t row = 0; row < kChunkRows; ++row) {
    const std::uint32_t shape = open.at(row).shape();
    if (std::exchange(run_of_shape[shape], 1) == 0) run_shapes.push_back(shape);
  }
  std::ranges::sort(run_shapes, [&](std::uint32_t a, std::uint32_t b) {
    const auto order = shapes[a].classes <=> shapes[b].classes;
    return order != 0 ? order < 0 : a < b;
  });
  for (std::size_t i = 0; i < run_shapes.size(); ++i) run_of_shape[run_shapes[i]] = static_cast<std::uint32_t>(i);
  std::vector<std::uint16_t> run_of_row(kChunkRows);
  for (std::uint32_t row = 0; row < kChunkRows; ++row)
    run_of_row[row] = static_cast<std::uint16_t>(run_of_shape[open.at(row).shape()]);

  std::unique_ptr<SealedTimes> sealed(new SealedTimes);
  CHECK(sealed->place(run_shapes, run_of_row, shapes));
  // All times by column, then in as few bytes as each column needs.
  std::vector<std::size_t> begin_of_part;
  std::vector<std::uint32_t> part_of_run;
  std::size_t size = 0;
  for (const Part& part : sealed->parts_) {
    part_of_run.resize(part_of_run.size() + part.runs.size(), static_cast<std::uint32_t>(begin_of_part.size()));
    begin_of_part.push_back(size);
    size += part.columns.size() * part.count;
  }
  std::vector<std::int64_t> times(size);
  for (std::uint32_t row = 0; row < kChunkRows; ++row) {
    const std::uint32_t number = part_of_run[run_of_row[row]];
    const Part& part = sealed->parts_[number];
    std::int64_t* to = times.data() + begin_of_part[number] + (sealed->places_[row] - part.begin);
    TimesReader reader = open.at(row);
    for (std::size_t k = 0; k < part.columns.size(); ++k) to[k * part.count] = reader.next_ms();
  }
  std::vector<std::span<const std::int64_t>> columns;
  std::vector<std::uint8_t> widths;
  for (std::size_t i = 0; i < begin_of_part.size(); ++i) {
    const Part& part = sealed->parts_[i];
    for (std::size_t k = 0; k < part.columns.size(); ++k) {
      columns.push_back(std::span(times).subspan(begin_of_part[i] + k * part.count, part.count));
      widths.push_back(width_for(columns.back()));
    }
  }
  sealed->place_columns(widths);
  sealed->times_ = std::make_unique_for_overwrite<unsigned char[]>(sealed->times_bytes_);
  for (std::size_t i = 0; i < columns.size(); ++i)
    put(columns[i], widths[i], sealed->times_.get() + sealed->columns_[i].at);
  sealed->bound_columns();
  return sealed;
}

bool SealedTimes::place(std::span<const std::uint32_t> run_shapes, std::span<const std::uint16_t> run_of_row,
                        const Interner<NodeShape>& shapes) {
  for (const std::uint32_t shape : run_shapes) runs_.push_back({shape, 0, 0});
  for (const std::uint16_t run : run_of_row) {
    if (run >= runs_.size()) return false;
    ++runs_[run].count;
  }
  std::vector<std::uint32_t> next;
  std::uint32_t end = 0;
  for (Run& run : runs_) {
    next.push_back(run.begin = end);
    end += run.count;
  }
  places_.reset(new std::uint16_t[kChunkRows]);
  for (std::uint32_t row = 0; row < kChunkRows; ++row)
    places_[row] = static_cast<std::uint16_t>(next[run_of_row[row]]++);

  std::size_t columns = 0;
  std::vector<std::size_t> first_run;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const auto& classes = shapes[runs_[i].shape].classes;
    if (i > 0 && classes == shapes[runs_[i - 1].shape].classes) continue;
    first_run.push_back(i);
    columns += classes.size();
  }
  first_run.push_back(runs_.size());
  columns_.resize(columns);
  Column* next_column = columns_.data();
  for (std::size_t i = 0; i + 1 < first_run.size(); ++i) {
    Part part;
    part.runs = std::span(runs_).subspan(first_run[i], first_run[i + 1] - first_run[i]);
    part.columns = {next_column, shapes[part.runs.front().shape].classes.size()};
    next_column += part.columns.size();
    part.begin = part.runs.front().begin;
    part.count = part.runs.back().begin + part.runs.back().count - part.begin;
    parts_.push_back(part);
  }
  return true;
}

void SealedTimes::place_columns(std::span<const std::uint8_t> widths) {
  Column* column = columns_.data();
  for (const Part& part : parts_) {
    for (std::size_t k = 0; k < part.columns.size(); ++k, ++column) {
      *column = {
          widths[static_cast<std::size_t>(column - columns_.data())], static_cast<std::uint32_t>(times_bytes_), {}};
      times_bytes_ += std::size_t{column->width} * part.count;
    }
  }
}

std::int64_t SealedTimes::ms_at(const Column& column, const Part& part, std::uint32_t index) const {
  const unsigned char* from = times_.get() + column.at;
  if (column.width == 1) return from[index];
  if (column.width == kWide) {
    std::int64_t ms = 0;
    std::memcpy(&ms, from + std::size_t{index} * kWide, sizeof ms);
    return ms;
  }
  const std::int32_t low = pair_at(from + std::size_t{index} * 2);
  return column.width == 2 ? low : low | from[std::size_t{part.count} * 2 + index] << 16;
}

bool SealedTimes::ms_of(const Column& column, const Part& part, std::uint32_t first, std::uint32_t count,
                        std::int32_t* ms) const {
  if (column.width == kWide) return false;
  widen(narrow(times_.get() + column.at, column.width, part.count, first), count, ms);
  return true;
}

bool SealedTimes::ms_of(const Column& column, const Part& part, std::span<const std::uint16_t> indices,
                        std::int32_t* ms) const {
  if (column.width == kWide) return false;
  const unsigned char* from = times_.get() + column.at;
  const auto put = [&](const auto& ms_at) {
    for (std::size_t i = 0, count = indices.size(); i < count; ++i) ms[i] = ms_at(std::size_t{indices[i]});
  };
  if (column.width == 1) {
    put([&](std::size_t index) -> std::int32_t { return from[index]; });
  } else if (column.width == 2) {
    put([&](std::size_t index) { return pair_at(from + index * 2); });
  } else {
    const unsigned char* third = from + std::size_t{part.count} * 2;
    put([&](std::size_t index) { return pair_at(from + index * 2) | third[index] << 16; });
  }
  return true;
}

Bounds SealedTimes::bounds_of(const Column& column, const Part& part, const std::uint8_t* keep) const {
  if (column.width != kWide)
    return columns::bounds_of(narrow(times_.get() + column.at, column.width, part.count, 0), keep, part.count);
  Bounds bounds;
  for (std::uint32_t i = 0; i < part.count; ++i) {
    if (keep[i] != 0) bounds.add(ms_at(column, part, i));
  }
  return bounds;
}

void SealedTimes::bound_columns() {
  const std::vector<std::uint8_t> all(kChunkRows, 1);
  Column* column = columns_.data();
  for (const Part& part : parts_) {
    for (std::size_t k = 0; k < part.columns.size(); ++k, ++column)
      column->bounds = bounds_of(*column, part, all.data());
  }
}

SealedTimes::Spot SealedTimes::spot_of(std::uint32_t row, const Spot& near) const {
  const std::uint32_t place = places_[row];
  Spot spot = near;
  if (!near.run || place - near.run->begin >= near.run->count) {
    if (!near.part || place - near.part->begin >= near.part->count)
      spot.part = &*(std::ranges::upper_bound(parts_, place, {}, &Part::begin) - 1);
    spot.run = &*(std::ranges::upper_bound(spot.part->runs, place, {}, &Run::begin) - 1);
  }
  spot.index = place - spot.part->begin;
  return spot;
}

void SealedTimes::fetch(const Column& column, const Part& part, std::uint32_t index) const {
  const unsigned char* from = times_.get() + column.at;
  __builtin_prefetch(from + std::size_t{index} * (column.width == 3 ? 2 : column.width));
  if (column.width == 3) __builtin_prefetch(from + std::size_t{part.count} * 2 + index);
}

std::uint32_t SealedTimes::read(std::uint32_t row, std::vector<std::int64_t>& ms) const {
  const Spot spot = spot_of(row, {});
  for (const Column& column : spot.part->columns) ms.push_back(ms_at(column, *spot.part, spot.index));
  return spot.run->shape;
}

std::size_t SealedTimes::bytes() const {
  return kChunkRows * sizeof(std::uint16_t) + times_bytes_ + runs_.size() * sizeof(Run) +
         columns_.size() * sizeof(Column) + parts_.size() * sizeof(Part);
}

SealedTimes::Kept SealedTimes::kept() const {
  Kept kept;
  std::vector<std::uint16_t> run_of_place;
  for (const Run& run : runs_) {
    kept.shapes.push_back(run.shape);
    run_of_place.resize(run.begin + run.count, static_cast<std::uint16_t>(&run - runs_.data()));
  }
  for (std::uint32_t row = 0; row < kChunkRows; ++row) kept.run_of_row.push_back(run_of_place[places_[row]]);
  for (const Column& column : columns_) kept.widths.push_back(column.width);
  kept.times = {reinterpret_cast<const char*>(times_.get()), times_bytes_};
  return kept;
}

std::unique_ptr<const SealedTimes> SealedTimes::load(const Kept& kept, const Interner<NodeShape>& shapes) {
  std::unique_ptr<SealedTimes> sealed(new SealedTimes);
  const auto is_known = [&](std::uint32_t shape) { return shape < shapes.size(); };
  if (!std::ranges::all_of(kept.shapes, is_known) || !std::ranges::all_of(kept.widths, is_width) ||
      !sealed->place(kept.shapes, kept.run_of_row, shapes) || sealed->columns_.size() != kept.widths.size())
    return nullptr;
  sealed->place_columns(kept.widths);
  if (sealed->times_bytes_ != kept.times.size()) return nullptr;
  sealed->times_ = std::make_unique_for_overwrite<unsigned char[]>(sealed->times_bytes_);
  std::memcpy(sealed->times_.get(), kept.times.data(), kept.times.size());
  sealed->bound_columns();
  return sealed;
}

}  // namespace comfytrace::history::columns

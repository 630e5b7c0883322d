#include <algorithm>
#include <array>

#include "history/columns/gatherer.h"

// The part of the gatherer that looks at classes of node.
namespace comfytrace::history::columns {
namespace {

// Of fewer rows, or where a smaller share of them counts, it takes less time to pick out each.
constexpr std::uint32_t kManyRows = 256;
constexpr std::uint32_t kManyShare = 4;

// How many rows have each status, of their codes: 1 and more, 0 for a row that does not count.
std::array<std::int64_t, 8> count_codes(std::span<const std::uint8_t> codes) {
  std::array<std::int64_t, 8> counts{};
  const auto count = static_cast<std::uint32_t>(codes.size());
  std::uint32_t left = count - count_equal(codes.data(), count, 0);
  // Most runs succeed.
  constexpr auto kFirst = static_cast<std::size_t>(model::Status::success);
  for (std::size_t i = 0; i < counts.size() && left > 0; ++i) {
    const std::size_t status = (kFirst + i) % counts.size();
    const std::uint32_t runs = count_equal(codes.data(), count, static_cast<std::uint8_t>(status + 1));
    counts[status] = runs;
    left -= runs;
  }
  return counts;
}

template <class Count>
void add_counts(const std::array<Count, 8>& more, std::array<std::int64_t, 8>& counts) {
  for (std::size_t status = 0; status < counts.size(); ++status) counts[status] += more[status];
}

}  // namespace

// More may have been interned since.
void Gatherer::meet_shapes() {
  if (shape_runs_.size() >= shared_.shapes.size()) return;
  shape_runs_.resize(shared_.shapes.size());
  shape_lists_.resize(shape_runs_.size(), kUnnamed);
}

// Called once for each chunk, whose outcomes are known.
void Gatherer::enter_classes() {
  meet_shapes();
  class_times_ = chunk_->class_times.view();
  if (!class_times_.sealed) {
    open_runs_.resize(shape_runs_.size());
    return;
  }
  codes_.resize(kChunkRows, 0);
  status_codes_.resize(outcomes_->size());
  for (std::size_t i = 0; i < status_codes_.size(); ++i)
    status_codes_[i] =
        static_cast<std::uint8_t>(static_cast<int>(outcomes_->at(static_cast<std::uint16_t>(i)).status) + 1);
}

void Gatherer::add_classes(std::span<const std::uint16_t> rows) {
  if (!class_times_.sealed) return add_open_classes(rows);
  const std::uint16_t* places = class_times_.sealed->places();
  const std::uint16_t* outcomes = chunk_->outcome.rows();
  for (const std::uint16_t row : rows) codes_[places[row]] = status_codes_[outcomes[row]];
  are_placed_ = true;
}

std::span<const std::uint32_t> Gatherer::classes_of(std::uint32_t shape) {
  std::uint32_t& list = shape_lists_[shape];
  if (list == kUnnamed) list = name_classes(shape);
  return class_lists_[list];
}

std::uint32_t Gatherer::name_classes(std::uint32_t shape) {
  std::vector<std::uint32_t> groups;
  for (const std::string& name : shared_.shapes[shape].classes) groups.push_back(names_.of(name));
  resize();
  class_runs_.resize(groups_.size());
  class_values_.resize(groups_.size());
  class_lists_.push_back(std::move(groups));
  return static_cast<std::uint32_t>(class_lists_.size() - 1);
}

// Shapes with the same classes that are side by side in one chunk are so in the others, but not all are in each.
std::span<const std::uint32_t> Gatherer::classes_of(const SealedTimes::Part& part) {
  meet_shapes();
  std::uint32_t list = kUnnamed;
  for (const SealedTimes::Run& run : part.runs) list = std::max(list, shape_lists_[run.shape]);
  if (list == kUnnamed) list = name_classes(part.runs.front().shape);
  for (const SealedTimes::Run& run : part.runs) shape_lists_[run.shape] = list;
  return class_lists_[list];
}

void Gatherer::add_open_classes(std::span<const std::uint16_t> rows) {
  for (const std::uint16_t row : rows) {
    TimesReader times = class_times_.open->at(row, rows.back());
    ++open_runs_[times.shape()][static_cast<std::size_t>(outcomes_->at(chunk_->outcome.rows()[row]).status)];
    for (const std::uint32_t of_class : classes_of(times.shape())) add_class_ms(of_class, times.next_ms());
  }
}

void Gatherer::settle_sealed_classes() {
  if (!are_placed_) return;
  are_placed_ = false;
  for (const SealedTimes::Part& part : class_times_.sealed->parts()) add_part(part);
  std::ranges::fill(codes_, std::uint8_t{0});
}

void Gatherer::add_part(const SealedTimes::Part& part) {
  if (part.columns.empty()) return;
  const auto counts = count_codes(std::span(codes_).subspan(part.begin, part.count));
  if (std::ranges::all_of(counts, [](std::int64_t runs) { return runs == 0; })) return;
  for (const std::uint32_t of_class : classes_of(part)) add_counts(counts, class_runs_[of_class]);
  for (const SealedTimes::Run& run : part.runs)
    shape_runs_[run.shape] += run.count - count_equal(codes_.data() + run.begin, run.count, 0);
  for (std::uint32_t first = 0; first < part.count; first += kBlockRows) {
    const std::uint32_t count = std::min(part.count - first, kBlockRows);
    std::uint8_t* keep = codes_.data() + part.begin + first;
    for (std::uint32_t i = 0; i < count; ++i) keep[i] = keep[i] != 0;
    const std::uint32_t kept = count_kept(keep, count);
    if (kept == 0) continue;
    if (kept >= kManyRows && kept * kManyShare >= count) {
      add_many(part, first, count, kept);
    } else {
      std::array<std::uint16_t, kBlockRows> indices;
      add_few(part, {indices.data(), list_kept(keep, count, first, indices.data())});
    }
  }
}

void Gatherer::add_many(const SealedTimes::Part& part, std::uint32_t first, std::uint32_t count, std::uint32_t kept) {
  const SealedTimes& times = *class_times_.sealed;
  const std::uint8_t* keep = codes_.data() + part.begin + first;
  const auto groups = classes_of(part.runs.front().shape);
  std::array<std::int32_t, kBlockRows> ms;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    if (times.ms_of(part.columns[k], part, first, count, ms.data())) {
      groups_[groups[k]].duration_ms.add(static_cast<const std::int32_t*>(ms.data()), keep, count, kept, group_budget_);
      continue;
    }
    for (std::uint32_t i = 0; i < count; ++i) {
      if (keep[i] != 0) add_class_ms(groups[k], times.ms_at(part.columns[k], part, first + i));
    }
  }
}

void Gatherer::add_few(const SealedTimes::Part& part, std::span<const std::uint16_t> indices) {
  const SealedTimes& times = *class_times_.sealed;
  const auto groups = classes_of(part.runs.front().shape);
  std::array<std::int32_t, kBlockRows> ms;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    if (times.ms_of(part.columns[k], part, indices, ms.data())) {
      add_class_ms(groups[k], std::span(ms).first(indices.size()));
      continue;
    }
    for (const std::uint16_t index : indices) add_class_ms(groups[k], times.ms_at(part.columns[k], part, index));
  }
}

void Gatherer::add_class_ms(std::uint32_t of_class, std::span<const std::int32_t> ms) {
  ClassValues& values = class_values_[of_class];
  while (!ms.empty()) {
    const std::size_t more = std::min(ms.size(), values.ms.size() - values.size);
    std::ranges::copy(ms.first(more), values.ms.begin() + values.size);
    values.size += static_cast<std::uint32_t>(more);
    ms = ms.subspan(more);
    if (values.size == values.ms.size()) add_class_values(of_class);
  }
}

void Gatherer::add_class_ms(std::uint32_t of_class, std::int64_t ms) {
  if (ms != static_cast<std::int32_t>(ms) || ms < 0) [[unlikely]] {
    groups_[of_class].duration_ms.add(ms, group_budget_);
    return;
  }
  ClassValues& values = class_values_[of_class];
  values.ms[values.size++] = static_cast<std::int32_t>(ms);
  if (values.size == values.ms.size()) add_class_values(of_class);
}

void Gatherer::add_class_values(std::uint32_t of_class) {
  ClassValues& values = class_values_[of_class];
  const std::int32_t* ms = values.ms.data();
  groups_[of_class].duration_ms.add(ms, all_kept(), values.size, values.size, group_budget_);
  values.size = 0;
}

void Gatherer::settle_classes() {
  settle_sealed_classes();
  for (std::uint32_t i = 0; i < class_values_.size(); ++i) add_class_values(i);
  for (std::uint32_t shape = 0; shape < open_runs_.size(); ++shape) {
    const auto counts = std::exchange(open_runs_[shape], {});
    std::int64_t runs = 0;
    for (const std::uint32_t of_status : counts) runs += of_status;
    if (runs == 0) continue;
    shape_runs_[shape] += runs;
    for (const std::uint32_t of_class : classes_of(shape)) add_counts(counts, class_runs_[of_class]);
  }
  for (std::uint32_t shape = 0; shape < shape_runs_.size(); ++shape) {
    const std::int64_t runs = std::exchange(shape_runs_[shape], 0);
    if (runs == 0) continue;
    const auto& executions = shared_.shapes[shape].executions;
    const auto classes = classes_of(shape);
    for (std::size_t k = 0; k < classes.size(); ++k) groups_[classes[k]].counts.executions += runs * executions[k];
  }
  for (std::size_t i = 0; i < class_runs_.size(); ++i) {
    const auto counts = std::exchange(class_runs_[i], {});
    for (std::size_t status = 0; status < counts.size(); ++status) {
      Outcome end;
      end.status = static_cast<model::Status>(status);
      if (counts[status] > 0) groups_[i].count(end, counts[status]);
    }
  }
}

}  // namespace comfytrace::history::columns

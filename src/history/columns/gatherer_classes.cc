#include "history/columns/gatherer.h"
#include "history/columns/run_details.h"

// The part of the gatherer that looks at classes of node.
namespace comfytrace::history::columns {

void Gatherer::add_classes(const RowBlock& block) {
  if (shape_runs_.size() < shared_.shapes.size()) {
    shape_runs_.resize(shared_.shapes.size());
    shape_groups_.resize(shared_.shapes.size());
  }
  std::array<std::uint16_t, kBlockRows> rows;
  for (const std::uint16_t row : block.list(rows.data())) {
    NodeTimes times(chunk_->details.at(chunk_->details_at[row]));
    const std::uint32_t shape = times.shape();
    auto& groups = shape_groups_[shape];
    if (groups.empty()) {
      for (const std::string& name : shared_.shapes[shape].classes) groups.push_back(names_.of(name));
      resize();
      class_values_.resize(groups_.size());
    }
    ++shape_runs_[shape][static_cast<std::size_t>(outcomes_.at(chunk_->outcome.rows()[row]).status)];
    for (const std::uint32_t of_class : groups) {
      const std::int64_t took_ms = times.next_ms();
      ClassValues& values = class_values_[of_class];
      if (took_ms != static_cast<std::int32_t>(took_ms) || took_ms < 0) [[unlikely]] {
        groups_[of_class].duration_ms.add(took_ms, group_budget_);
        continue;
      }
      values.ms[values.size++] = static_cast<std::int32_t>(took_ms);
      if (values.size == values.ms.size()) add_class_values(of_class);
    }
  }
}

void Gatherer::add_class_values(std::uint32_t of_class) {
  ClassValues& values = class_values_[of_class];
  const std::int32_t* ms = values.ms.data();
  groups_[of_class].duration_ms.add(ms, all_kept(), values.size, values.size, group_budget_);
  values.size = 0;
}

void Gatherer::settle_classes() {
  for (std::uint32_t i = 0; i < class_values_.size(); ++i) add_class_values(i);
  for (std::size_t shape = 0; shape < shape_runs_.size(); ++shape) {
    for (std::size_t status = 0; status < 8; ++status) {
      const std::int64_t runs = shape_runs_[shape][status];
      if (runs == 0) continue;
      Outcome end;
      end.status = static_cast<model::Status>(status);
      for (std::size_t k = 0; k < shape_groups_[shape].size(); ++k) {
        GroupTally& tally = groups_[shape_groups_[shape][k]];
        tally.count(end, runs);
        tally.counts.executions += runs * shared_.shapes[shape].executions[k];
      }
    }
  }
  shape_runs_.clear();
}

}  // namespace comfytrace::history::columns

#include "history/columns/group_keys.h"

#include <algorithm>
#include <numeric>

#include "base/enum_names.h"

namespace comfytrace::history::columns {
namespace {

std::vector<std::string> each_of(std::vector<std::string> texts) {
  if (texts.empty()) return {""};
  std::ranges::sort(texts);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace

std::vector<std::string> group_keys_of(const Outcome& outcome, const Setting& setting, const Label& label,
                                       GroupBy group_by) {
  switch (group_by) {
    case GroupBy::workflow:
      return {setting.workflow_name};
    case GroupBy::model:
      return each_of(setting.models);
    case GroupBy::worker:
      return each_of(setting.worker_ids);
    case GroupBy::gpu:
      return each_of(setting.devices);
    case GroupBy::comfyuiVersion:
      return {setting.comfyui_version};
    case GroupBy::status:
      return {std::string(base::enum_name(outcome.status))};
    case GroupBy::exitReason:
      return {outcome.exit_reason ? std::string(base::enum_name(*outcome.exit_reason)) : ""};
    case GroupBy::story:
      return {label.story_id.empty() ? label.story_title : label.story_id};
    case GroupBy::tag:
      return each_of(label.tags);
    default:
      return {};
  }
}

GroupKeys::GroupKeys(GroupBy group_by, const SharedFacts& shared, GroupNames& names) {
  const bool by_outcome = group_by == GroupBy::status || group_by == GroupBy::exitReason;
  const bool by_label = group_by == GroupBy::story || group_by == GroupBy::tag;
  source_ = by_outcome ? Source::outcome : by_label ? Source::label : Source::setting;
  is_partition_ =
      group_by != GroupBy::model && group_by != GroupBy::worker && group_by != GroupBy::gpu && group_by != GroupBy::tag;
  const auto put = [&](const std::vector<std::string>& keys) {
    for (const std::string& key : keys) groups_.push_back(names.of(key));
    begin_.push_back(static_cast<std::uint32_t>(groups_.size()));
  };
  if (by_label) {
    kinds_ = (group_by == GroupBy::tag ? shared.tag_lists : shared.stories).view(shared.labels, shared.labels.size());
    const auto kinds = static_cast<std::uint32_t>(kinds_->kinds());
    for (std::uint32_t kind = 0; kind < kinds; ++kind) {
      if (group_by == GroupBy::tag) {
        put(each_of(shared.labels[kinds_->first(kind)].tags()));
      } else {
        groups_.push_back(kind);
        begin_.push_back(kind + 1);
      }
    }
  } else {
    const std::size_t count = by_outcome ? shared.outcomes.size() : shared.settings.size();
    for (std::size_t id = 0; id < count; ++id) {
      put(group_keys_of(by_outcome ? shared.outcomes[id] : Outcome(), by_outcome ? Setting() : shared.settings[id], {},
                        group_by));
    }
  }
}

void GroupKeys::set_apart(std::uint32_t group) {
  apart_.assign(begin_.size() - 1, 0);
  for (std::size_t id = 0; id < apart_.size(); ++id) {
    for (std::uint32_t i = begin_[id]; i < begin_[id + 1]; ++i) apart_[id] |= groups_[i] == group;
  }
  // No label need have it: odd runs have none.
  std::vector<std::uint32_t> numbers(std::accumulate(groups_.begin(), groups_.end(), group,
                                                     [](std::uint32_t a, std::uint32_t b) { return std::max(a, b); }) +
                                     std::size_t{1});
  std::iota(numbers.begin(), numbers.end(), 0u);
  numbers[group] = kUntold;
  renumber(numbers);
}

void GroupKeys::renumber(const std::vector<std::uint32_t>& numbers) {
  std::uint32_t kept = 0;
  std::uint32_t from = 0;
  for (std::size_t id = 0; id + 1 < begin_.size(); ++id) {
    const std::uint32_t to = begin_[id + 1];
    for (; from < to; ++from) {
      if (numbers[groups_[from]] != kUntold) groups_[kept++] = numbers[groups_[from]];
    }
    begin_[id + 1] = kept;
  }
  groups_.resize(kept);
  is_partition_ = false;
}

const LocalColumn& GroupKeys::column(const Chunk& chunk) const {
  return source_ == Source::outcome ? chunk.outcome : source_ == Source::label ? chunk.label : chunk.setting;
}

}  // namespace comfytrace::history::columns

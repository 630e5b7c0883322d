#include "history/columns/group_keys.h"

#include <algorithm>

#include "base/enum_names.h"

namespace comfytrace::history::columns {
namespace {

std::vector<std::string> each_of(std::vector<std::string> texts) {
  if (texts.empty()) return {""};
  std::ranges::sort(texts);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

// What tells the groups of a setting.
SettingBook::Part part_of(GroupBy group_by) {
  if (group_by == GroupBy::workflow) return SettingBook::Part::workflow;
  return group_by == GroupBy::model ? SettingBook::Part::models : SettingBook::Part::machine;
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

GroupKeys::GroupKeys(GroupBy group_by, const SharedFacts& shared, GroupNames& names)
    : by_outcome_(group_by == GroupBy::status || group_by == GroupBy::exitReason),
      is_partition_(group_by != GroupBy::model && group_by != GroupBy::worker && group_by != GroupBy::gpu) {
  const SettingBook& settings = shared.settings;
  const SettingBook::Part part = part_of(group_by);
  const std::size_t count = by_outcome_ ? shared.outcomes.size() : settings.size();
  std::vector<std::vector<std::uint32_t>> groups(by_outcome_ ? count : settings.count_of(part));
  for (std::uint32_t number = 0; number < groups.size(); ++number) {
    const auto keys = by_outcome_ ? group_keys_of(shared.outcomes[number], {}, {}, group_by)
                                  : group_keys_of({}, settings.only(part, number), {}, group_by);
    for (const std::string& key : keys) groups[number].push_back(names.of(key));
  }
  begin_.reserve(count + 1);
  for (std::size_t id = 0; id < count; ++id) {
    const auto& of = groups[by_outcome_ ? id : settings.number_of(id, part)];
    groups_.insert(groups_.end(), of.begin(), of.end());
    begin_.push_back(static_cast<std::uint32_t>(groups_.size()));
  }
}

const LocalColumn& GroupKeys::column(const Chunk& chunk) const {
  return by_outcome_ ? chunk.outcome : chunk.setting;
}

}  // namespace comfytrace::history::columns

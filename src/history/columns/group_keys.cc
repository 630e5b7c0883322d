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
  const std::size_t count = by_outcome ? shared.outcomes.size()
                            : by_label ? shared.labels.size()
                                       : shared.settings.size();
  const Outcome no_outcome;
  const Setting no_setting;
  const Label no_label;
  for (std::size_t id = 0; id < count; ++id) {
    const auto keys = group_keys_of(by_outcome ? shared.outcomes[id] : no_outcome,
                                    by_outcome || by_label ? no_setting : shared.settings[id],
                                    by_label ? shared.labels[id] : no_label, group_by);
    for (const std::string& key : keys) groups_.push_back(names.of(key));
    begin_.push_back(static_cast<std::uint32_t>(groups_.size()));
  }
}

const LocalColumn& GroupKeys::column(const Chunk& chunk) const {
  return source_ == Source::outcome ? chunk.outcome : source_ == Source::label ? chunk.label : chunk.setting;
}

}  // namespace comfytrace::history::columns

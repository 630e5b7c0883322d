#include "app/amended_runs.h"

namespace comfytrace::app {
namespace {

constexpr std::size_t kKept = 1'000;

}  // namespace

void AmendedRuns::remember(const std::string& run_id, const history::RunPatch& patch) {
  if (patches_.size() >= kKept) patches_.clear();
  history::RunPatch& all = patches_[run_id];
  if (patch.title) all.title = patch.title;
  if (patch.tags) all.tags = patch.tags;
  if (patch.archived) all.archived = patch.archived;
}

model::RunSummary AmendedRuns::applied_to(model::RunSummary line) const {
  const auto found = patches_.find(line.run_id);
  if (found == patches_.end()) return line;
  const history::RunPatch& patch = found->second;
  line.title = patch.title.value_or(line.title);
  line.tags = patch.tags.value_or(line.tags);
  line.archived = patch.archived.value_or(line.archived);
  return line;
}

}  // namespace comfytrace::app

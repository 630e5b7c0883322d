#include "history/columns/key_buffers.h"

#include <algorithm>

namespace comfytrace::history::columns {

bool KeyBuffers::enter(const Chunk& chunk, const GroupKeys& keys) {
  chunk_ = &chunk;
  const LocalColumn& column = keys.column(chunk);
  locals_ = column.rows();
  const auto& locals = column.locals();
  std::vector<std::uint32_t> groups;
  is_single_ = true;
  begin_.assign(1, 0);
  slots_.clear();
  for (std::size_t i = 0, count = locals.size(); i < count; ++i) {
    for (const std::uint32_t group : keys.of(locals[i])) {
      const auto at = std::ranges::find(groups, group);
      slots_.push_back(static_cast<std::uint32_t>(at - groups.begin()));
      if (at != groups.end()) continue;
      if (groups.size() == kMostGroups) return false;
      groups.push_back(group);
    }
    begin_.push_back(static_cast<std::uint32_t>(slots_.size()));
    is_single_ &= begin_[i + 1] == begin_[i] + 1;
  }
  for (std::size_t i = buffers_.size(); i < groups.size(); ++i)
    buffers_.push_back(std::make_unique_for_overwrite<Buffer>());
  used_ = groups.size();
  for (std::size_t i = 0; i < used_; ++i) {
    buffers_[i]->group = groups[i];
    buffers_[i]->size = 0;
  }
  first_.resize(is_single_ ? locals.size() : 0);
  for (std::size_t i = 0; i < first_.size(); ++i) first_[i] = buffers_[slots_[i]].get();
  return true;
}

}  // namespace comfytrace::history::columns

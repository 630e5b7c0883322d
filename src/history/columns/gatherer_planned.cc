#include <array>

#include "history/columns/gatherer.h"

// Of groups that are chosen beforehand.
namespace comfytrace::history::columns {

void Gatherer::enter_planned(const Chunk& chunk) {
  const auto& locals = keys_->column(chunk).locals();
  local_is_in_most_.resize(groups_of_local_.size());
  local_is_told_.resize(groups_of_local_.size());
  for (std::size_t i = 0; i < groups_of_local_.size(); ++i) {
    local_is_in_most_[i] = keys_->is_apart(locals[i]);
    local_is_told_[i] = !groups_of_local_[i].empty();
  }
}

// The rows of the largest group stand for themselves in it and in the total; few of the others are in a group that is
// told.
void Gatherer::add_planned(const RowBlock& block) {
  const std::uint16_t* locals = keys_->column(*chunk_).rows() + block.begin;
  std::array<std::uint8_t, kBlockRows> keep;
  RowBlock part = block;
  part.keep = keep.data();
  const auto take = [&](const auto& is_taken) {
    for (std::uint32_t i = 0; i < block.count; ++i) keep[i] = block.keep[i] & is_taken(locals[i]);
    part.matching = count_kept(keep.data(), block.count);
    return part.matching > 0;
  };
  if (most_ && take([&](std::uint16_t local) { return local_is_in_most_[local]; }))
    add_block(groups_[*most_], most_budget(), part);
  if (take([&](std::uint16_t local) { return static_cast<std::uint8_t>(local_is_in_most_[local] ^ 1); }))
    add_to_total(part);
  if (take([&](std::uint16_t local) { return local_is_told_[local]; })) gather_by_key(part);
}

}  // namespace comfytrace::history::columns

#include "history/columns/brief_kinds.h"

#include <algorithm>

#include "base/parallel.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kAtOnce = 64;

}  // namespace

std::uint32_t BriefKinds::kind_of(const Shares& shares) {
  // Often that of the run before, which is told sooner than it is found.
  if (last_ < shares_.size() && shares == shares_[last_]) return last_;
  const auto [kind, is_new] = kinds_.try_emplace(shares, static_cast<std::uint32_t>(shares_.size()));
  if (is_new) shares_.push_back(shares);
  return last_ = kind->second;
}

std::uint32_t BriefKinds::add(RunFacts odd) {
  const auto kind = static_cast<std::uint32_t>(shares_.size());
  odd_.emplace_back(kind, std::move(odd));
  shares_.push_back(kOdd);
  return kind;
}

std::vector<RunFacts> BriefKinds::finish() {
  std::vector<RunFacts> kinds(shares_.size());
  base::parallel((kinds.size() + kAtOnce - 1) / kAtOnce, [&](std::size_t part) {
    for (std::size_t i = part * kAtOnce; i < std::min(kinds.size(), (part + 1) * kAtOnce); ++i) {
      if (shares_[i] == kOdd) continue;
      const auto& [outcome, setting, work] = shares_[i];
      restore(kinds[i], shared_.outcomes[outcome], shared_.settings[setting], {});
      kinds[i].key = key_of(shared_.works[work]);
    }
  });
  for (auto& [kind, facts] : odd_) kinds[kind] = std::move(facts);
  return kinds;
}

}  // namespace comfytrace::history::columns

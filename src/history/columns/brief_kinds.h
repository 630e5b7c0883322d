#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "history/columns/run_details.h"
#include "history/run_facts.h"

namespace comfytrace::history::columns {

// The kinds of runs that are told in brief. They are written out when all are known: then none is moved to more room,
// and several are written at once.
class BriefKinds {
 public:
  using Shares = std::array<std::uint32_t, 3>;  // numbers of outcome, setting and work

  // The shared facts must outlive this.
  explicit BriefKinds(const SharedFacts& shared) : shared_(shared) {}

  // The kind of runs that share these; of several such runs it is the same.
  [[nodiscard]] std::uint32_t kind_of(const Shares& shares);
  // That of an odd run, which is like no other.
  [[nodiscard]] std::uint32_t add(RunFacts odd);
  // All of them, by number. The last that is asked.
  [[nodiscard]] std::vector<RunFacts> finish();

 private:
  struct Hash {
    std::size_t operator()(const Shares& shares) const {
      return (shares[0] * 0x9E3779B97F4A7C15u + shares[1]) * 0x9E3779B97F4A7C15u + shares[2];
    }
  };
  static constexpr Shares kOdd{~0u, ~0u, ~0u};

  const SharedFacts& shared_;
  std::vector<Shares> shares_;  // by kind
  std::unordered_map<Shares, std::uint32_t, Hash> kinds_;
  std::vector<std::pair<std::uint32_t, RunFacts>> odd_;
  std::uint32_t last_ = 0;
};

}  // namespace comfytrace::history::columns

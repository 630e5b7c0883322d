#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "history/sqlite/run_rows.h"
#include "model/run.h"

namespace comfytrace::history::sqlite {

// Compares the lists of runs in `facet_blocks` with what the runs themselves have, kind by kind. Takes the same memory
// however many there are: each side is a sum of hashes. Within one transaction, which is open. One thread. All throw
// SQLite::Exception.
class FacetCheck {
 public:
  explicit FacetCheck(Session& session) : session_(session) {}

  void add(std::int64_t rid, const model::Run& run);
  // After all runs: a sentence on each kind of which something differs.
  [[nodiscard]] std::vector<std::string> compare();

 private:
  struct Sum {
    std::int64_t count = 0;
    std::uint64_t hashes = 0;
    bool operator==(const Sum&) const = default;
  };
  using Sums = std::array<Sum, 10>;  // by kind; the first: of no known kind
  static void count(Sums& sums, std::int64_t kind, std::int64_t value, std::int64_t rid);

  Session& session_;
  Sums of_runs_;
};

}  // namespace comfytrace::history::sqlite

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/run_regex.h"
#include "history/run_rules.h"
#include "history/sqlite/run_rows.h"

namespace comfytrace::history::sqlite {

// Goes through the runs that a rule reaches, oldest first, each once. Throws as the store does.
class PruneWalk {
 public:
  // Throws Refused: the rule is none.
  PruneWalk(Session& session, const PruneRule& rule);

  struct Candidate {
    std::int64_t rid;
    std::string run_id;
    std::int64_t created_at_ms;
    std::int64_t bytes;  // about
    Fate fate;
  };
  // At most 100: those beyond the rule's age or number, then as many as may make up for `over_bytes`. Empty: the end.
  [[nodiscard]] std::vector<Candidate> next(std::int64_t over_bytes);
  // What the filter says of a run beyond its columns.
  [[nodiscard]] bool is_meant(const Candidate& run) const;

 private:
  [[nodiscard]] bool beyond_bounds(const Place& place) const;

  Session& session_;
  PruneRule rule_;
  std::optional<RunRegex> regex_;
  std::optional<Place> last_kept_;
  std::optional<Place> after_;
};

[[nodiscard]] PruneReport foresee(Session& session, const PruneRule& rule);

}  // namespace comfytrace::history::sqlite

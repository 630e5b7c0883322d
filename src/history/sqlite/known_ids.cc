#include "history/sqlite/known_ids.h"

namespace comfytrace::history::sqlite {

KnownIds::Looks::Looks(KnownIds& known)
    : runs_(known.runs_), query_(known.connection_.query("SELECT run_id, created_at_ms FROM runs WHERE rid = ?")) {
  const auto version = known.connection_.data_version();
  if (known.version_ != version || runs_.size() >= kMostRuns) runs_.clear();
  known.version_ = version;
}

std::optional<KnownIds::Run> KnownIds::Looks::find(std::int64_t rid) {
  if (const auto at = runs_.find(rid); at != runs_.end()) return at->second;
  query_.again().bind(rid);
  if (!query_.step()) return std::nullopt;
  Run run{query_.id(0), query_.integer(1)};
  if (runs_.size() < kMostRuns) runs_.emplace(rid, run);
  return run;
}

bool KnownIds::Looks::knows(std::int64_t rid, std::int64_t created_at_ms) const {
  const auto at = runs_.find(rid);
  return at != runs_.end() && at->second.created_at_ms == created_at_ms;
}

}  // namespace comfytrace::history::sqlite

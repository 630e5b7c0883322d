#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// The run ids of numbers, of which some hundred that were asked for lately are known as long as nothing is committed:
// the runs that one is compared with come again with its scenes and its nodes. Belongs to one connection; one thread.
// Throws SQLite::Exception.
class KnownIds {
 public:
  explicit KnownIds(Connection& connection) : connection_(connection) {}

  struct Run {
    std::string run_id;
    std::int64_t created_at_ms = 0;
  };
  // Of the state that the open transaction sees; its looks are valid as long as that is open.
  class Looks {
   public:
    explicit Looks(KnownIds& known);
    // Absent: there is no such run.
    [[nodiscard]] std::optional<Run> find(std::int64_t rid);
    // Without a look at the rows.
    [[nodiscard]] bool knows(std::int64_t rid, std::int64_t created_at_ms) const;

   private:
    std::unordered_map<std::int64_t, Run>& runs_;
    Query query_;
  };

 private:
  static constexpr std::size_t kMostRuns = 256;
  Connection& connection_;
  std::optional<std::pair<std::int64_t, std::int64_t>> version_;
  std::unordered_map<std::int64_t, Run> runs_;
};

}  // namespace comfytrace::history::sqlite

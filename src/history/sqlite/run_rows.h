#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/sqlite/connection.h"
#include "history/sqlite/detail_packer.h"
#include "history/sqlite/dictionary.h"
#include "history/sqlite/regex_function.h"
#include "history/sqlite/rid_blocks.h"
#include "model/run.h"

// Rows of `runs` and `run_details` to values.
namespace comfytrace::history::sqlite {

// One connection and what belongs to it. One thread at a time.
struct Session {
  Session(const std::filesystem::path& path, Connection::Mode mode, std::int64_t cache_bytes)
      : connection(path, mode, cache_bytes),
        texts(connection),
        details(connection),
        regex(connection),
        blocks(connection) {}
  Connection connection;
  Dictionary texts;
  DetailPacker details;
  RegexFunction regex;  // not called any more once the last query has ended
  RidBlockFunctions blocks;
};

// The columns that `summary_at` reads, of `runs AS r`.
extern const char* const kSummaryColumns;
inline constexpr int kRidColumn = 0;

// Without device_names: those stand in the columns, and in the details of the run.
[[nodiscard]] model::RunSummary summary_at(Session& session, Query& query);
[[nodiscard]] std::vector<std::string> device_names_at(Session& session, std::int64_t rid);

struct StoredRun {
  std::int64_t rid = 0;
  std::uint32_t amended = 0;
  model::Run run;
};

[[nodiscard]] std::optional<std::int64_t> rid_of(Session& session, std::string_view run_id);
// Absent: no such run. Throws Damaged.
[[nodiscard]] std::optional<StoredRun> load_run(Session& session, std::int64_t rid);

}  // namespace comfytrace::history::sqlite

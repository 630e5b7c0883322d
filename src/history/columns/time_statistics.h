#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "history/columns/chunk_summary.h"
#include "history/columns/time_parts.h"

namespace comfytrace::history::columns {

// Statistics by hour, day, week or month. Each time is tallied from beginning to end by one thread, in the same tally
// as the time before it: so none needs memory of its own, and none is merged but with the total.
class TimeStatistics {
 public:
  // The query, and the store of what is added, must outlive this.
  TimeStatistics(const StatisticsQuery& query, std::size_t chunks, ExactBudget budget)
      : query_(query), budget_(budget), chunks_(chunks) {}

  // One of these for each chunk. Any thread, each chunk by one.
  void put(std::size_t chunk, std::unique_ptr<const TimeParts> parts) { chunks_[chunk].parts = std::move(parts); }
  void put(std::size_t chunk, std::shared_ptr<const ChunkSummary> summary) {
    chunks_[chunk].summary = std::move(summary);
  }
  // What a chunk tells of all its runs, which have no far times, with those that match and those that do not: the
  // latter, which are fewer, are taken out.
  void put(std::size_t chunk, std::shared_ptr<const ChunkSummary> all, std::unique_ptr<const TimeParts> parts,
           std::unique_ptr<const TimeParts> others) {
    chunks_[chunk] = {std::move(parts), std::move(all), std::move(others)};
  }
  void add(const RunFacts& odd) { odd_.push_back(&odd); }

  // How many runs match, of all that was added.
  [[nodiscard]] std::size_t matching() const;
  [[nodiscard]] Statistics finish();

 private:
  struct OfChunk {
    std::unique_ptr<const TimeParts> parts;
    std::shared_ptr<const ChunkSummary> summary;
    std::unique_ptr<const TimeParts> others;
  };
  // A group of a summary, or a part of what matches or does not, or an odd run.
  struct Source {
    enum class Of : std::uint8_t { summary, parts, others };
    std::uint32_t chunk = 0;
    std::uint32_t index = 0;
    Of of = Of::parts;
  };
  struct Time {
    std::int64_t from_ms = 0;
    std::size_t runs = 0;
    std::vector<Source> sources;
    std::vector<Source> of_rest;  // of chunks that others are taken out of
  };
  class Worker;

  void put_sources();

  static constexpr std::uint32_t kOdd = ~0u;  // in place of a chunk
  const StatisticsQuery& query_;
  ExactBudget budget_;
  std::vector<OfChunk> chunks_;
  std::vector<const RunFacts*> odd_;
  std::vector<Time> times_;  // newest first, when all sources are there
};

// What a chunk that is full and covered tells of all its times. Of more than `most_values` of a time only the buckets
// are kept.
[[nodiscard]] std::shared_ptr<ChunkSummary> summary_of(const TimeParts& parts, std::uint32_t version,
                                                       std::size_t most_values);

}  // namespace comfytrace::history::columns

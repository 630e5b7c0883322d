#include "history/columns/statistics.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "base/parallel.h"
#include "history/columns/complement.h"
#include "history/columns/cube_maker.h"
#include "history/columns/cube_total.h"
#include "history/columns/gatherer.h"
#include "history/columns/label_complement.h"
#include "history/columns/label_statistics.h"
#include "history/columns/portions.h"
#include "history/columns/time_statistics.h"
#include "history/time_bucket.h"

namespace comfytrace::history::columns {
namespace {

// Groups that nearly every run is alone in would take more memory than keeping them saves time.
bool may_be_kept(GroupBy group_by) {
  return group_by != GroupBy::hour;
}

// To make what is kept of a chunk takes longer than to answer from its rows. An answer that comes again makes so many
// at most, lest the second one takes long for the sake of the third.
constexpr int kSummariesAtOnce = 1;
// Of a chunk that is not full.
constexpr std::uint32_t kRowsWorthAThread = 8 * kBlockRows;
// So many of its blocks take about as long as a full chunk of which the groups are told row by row. Others take little
// time.
constexpr std::size_t kBlocksLikeAChunk = 5;

// Whether so many matching rows in one full chunk mean, as others are like it, that more match in all than can be kept
// as they are.
bool rounds(const ColumnStore::Snapshot& snapshot, std::size_t matching, const ExactBudget& budget) {
  return matching > budget.values || matching * snapshot.chunks() > 2 * budget.values;
}

// Of a chunk that is full and covered.
std::shared_ptr<const ChunkSummary> summarise_times(const ColumnStore::Snapshot& snapshot, const TimeParts& parts,
                                                    const ExactBudget& budget) {
  const bool are_rounded = rounds(snapshot, parts.matching(), budget);
  return summary_of(parts, snapshot.version, are_rounded ? kValuesOfAGroup : std::numeric_limits<std::size_t>::max());
}

// One thread's part in the answer to one question.
class Share {
  static constexpr std::uint32_t kGuessedFrom = 8'192;  // rows; from fewer where there can hardly be doubt

 public:
  // All but `budget` must outlive this. `key` is null where no answers of chunks are kept. `alike_chunks` are full and
  // covered by the dates. `are_many`: more runs will match than have exact percentiles.
  Share(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RowScan& scan, ExactBudget budget,
        const SummaryKey* key, std::size_t alike_chunks = 0, bool are_many = false)
      : snapshot_(snapshot),
        key_(key),
        budget_(budget),
        alike_chunks_(alike_chunks),
        scan_(scan),
        gatherer_(snapshot, query, budget) {
    if (are_many) gatherer_.expect_many();
    if (!key_) return;
    // Rows that bounds of numbers pick out of cells take their time: it should not be in vain.
    if (tell_filter(query.filter) && (are_many || !asks_numbers(query.filter))) {
      if (tell_groups(query.group_by)) cubes_.emplace(snapshot, query.filter, scan);
      if (query.group_by == GroupBy::nodeClass && are_many)
        cube_total_.emplace(snapshot, query.filter, scan, gatherer_.total_budget());
    }
    of_chunk_query_.group_by = query.group_by;
    of_chunk_query_.utc_offset_ms = query.utc_offset_ms;
    of_chunk_query_.max_groups = std::numeric_limits<std::int64_t>::max();
    of_chunk_.emplace(snapshot, of_chunk_query_, budget);
    if (query.group_by == GroupBy::nodeClass) complement_.emplace(snapshot, of_chunk_query_, budget);
  }
  Share(const Share&) = delete;

  void add(const RunFacts& facts) { gatherer_.add(facts); }

  void add(std::size_t chunk) {
    const bool may_be_kept = key_ && snapshot_.rows_of(chunk) == kChunkRows && scan_.covers(chunk);
    if (!may_be_kept) return scan(chunk, gatherer_);
    const Chunk& of = snapshot_.chunk(chunk);
    auto [summary, was_asked] = of.summaries.find(*key_);
    if (!summary || of.last_death() > std::min(summary->version, snapshot_.version)) {
      if (cubes_ && add_cube(chunk)) return;
      if (!key_->is_unfiltered && (!was_asked || summaries_left_-- <= 0)) return scan_alike(chunk);
      summary = summarise(chunk);
      of.summaries.put(*key_, summary);
    }
    is_rounded_ |= !summary->exact;
    gatherer_.add(*summary);
  }
  // Of a chunk that is not full.
  void add_block(std::size_t chunk, std::size_t number) {
    const RowBlock block = scan_.block_at(chunk, static_cast<std::uint32_t>(number) * kBlockRows);
    if (block.matching > 0) gatherer_.add(block);
  }
  // Of a chunk that is full and covered, from its rows.
  [[nodiscard]] std::shared_ptr<const ChunkSummary> summarise(std::size_t chunk) {
    scan(chunk, *of_chunk_);
    return of_chunk_->take_summary(snapshot_.version, rounds(snapshot_, of_chunk_->matching(), budget_));
  }

  // When all chunks are added.
  void settle() {
    gatherer_.settle();
    if (complement_) complement_->add_to(gatherer_);
    if (cube_total_) gatherer_.merge_total(cube_total_->finish());
  }
  [[nodiscard]] Gatherer& gatherer() { return gatherer_; }
  // Whether some values are not there as they were.
  [[nodiscard]] bool is_rounded() const { return is_rounded_; }

 private:
  bool add_cube(std::size_t chunk) {
    const bool is_taken = cubes_->each(
        chunk, [&](const ChunkCube::Cell& cell, const PackedTally& tally) { gatherer_.add(cell, tally); },
        [&](const ChunkCube::Cell& cell, std::span<const std::uint16_t> rows) {
          gatherer_.add(snapshot_.chunk(chunk), cell, rows);
        });
    is_rounded_ |= is_taken;
    return is_taken;
  }
  void scan(std::size_t chunk, Gatherer& gatherer) {
    scan_.each_block_backwards(chunk, [&](const RowBlock& block) { gatherer.add(block); });
  }
  // The same into the answer itself. If so many rows of a first part match that more than can be kept as they are will,
  // they are not: where that proves wrong, the question is asked again.
  void scan_alike(std::size_t chunk) {
    auto of = Gatherer::Of::all;
    if (complement_) {
      const bool are_most = complement_->enter(scan_, chunk);
      if (cube_total_) {
        const std::size_t matching = complement_->matching();
        const std::size_t at_hand = are_most ? kChunkRows - matching : matching;
        if (cube_total_->add(chunk, false, complement_->keep(), at_hand) == CubeTotal::By::cells)
          of = Gatherer::Of::groups;
      }
      is_rounded_ |= are_most || of == Gatherer::Of::groups;
      if (are_most) return complement_->take(of, cube_total_ ? &cube_total_->reach() : nullptr);
    }
    const std::size_t before = gatherer_.matching();
    const auto add = [&](const RowBlock& block) {
      gatherer_.add(block, of);
      const std::uint32_t passed = kChunkRows - block.begin;
      if (has_guessed_) return;
      has_guessed_ = passed >= kGuessedFrom;
      const std::size_t doubt = std::max(2 * kGuessedFrom / passed, 2u);
      if ((gatherer_.matching() - before) * alike_chunks_ * (kChunkRows / passed) <= doubt * budget_.values) return;
      has_guessed_ = true;
      gatherer_.expect_many();
      is_rounded_ = true;
    };
    if (!complement_) return scan_.each_block_backwards(chunk, add);
    for (const RowBlock& block : complement_->blocks()) add(block);
  }

  const ColumnStore::Snapshot& snapshot_;
  const SummaryKey* const key_;
  const ExactBudget budget_;
  const std::size_t alike_chunks_;
  bool has_guessed_ = false;
  int summaries_left_ = kSummariesAtOnce;
  RowScan scan_;
  Gatherer gatherer_;
  StatisticsQuery of_chunk_query_;
  std::optional<Gatherer> of_chunk_;
  std::optional<Complement> complement_;
  std::optional<CubeWalk> cubes_;
  std::optional<CubeTotal> cube_total_;  // where the groups are not told by cells
  bool is_rounded_ = false;
};

// What is known beforehand of how many runs match.
struct Foreseen {
  std::size_t at_least = 0;
  // But for those in chunks that are not full or not covered by the dates. Of no meaning where there are many.
  bool is_all = false;
};
// Looks no further than until more than `many` match.
Foreseen foresee(const ColumnStore::Snapshot& snapshot, const RunFilter& filter, const RowScan& scan,
                 std::size_t many) {
  Foreseen runs;
  if (!tell_filter(filter)) return runs;
  runs.is_all = true;
  for (std::size_t i = 0; i < snapshot.chunks() && runs.at_least <= many; ++i) {
    if (snapshot.rows_of(i) < kChunkRows || !scan.covers(i)) continue;
    const auto cube = find_cube(snapshot, i);
    runs.is_all &= cube && !cube->cells.empty();
    for (std::size_t k = 0; cube && k < cube->cells.size(); ++k) {
      const ChunkCube::Cell& cell = cube->cells[k];
      if (!scan.passes(cell.setting, cell.outcome)) continue;
      const Within of_cell = within(cell, filter);
      if (of_cell == Within::all) runs.at_least += cell.count;
      runs.is_all &= of_cell != Within::some;
    }
  }
  return runs;
}

// Absent: values were rounded, and should not have been.
std::optional<Statistics> ask(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, RowScan& scan,
                              const ExactBudget& budget, const SummaryKey* key, bool are_many) {
  const std::size_t chunks = snapshot.chunks();
  std::size_t alike = 0;
  for (std::size_t i = 0; i < chunks; ++i) alike += snapshot.rows_of(i) == kChunkRows && scan.covers(i);
  // The last chunk may not be full. It is told row by row, which may take as long as several others: all share it.
  const std::size_t full = chunks > 0 && snapshot.rows_of(chunks - 1) < kChunkRows ? chunks - 1 : chunks;
  const std::size_t parts_of_last = full < chunks ? snapshot.rows_of(full) / kRowsWorthAThread : 0;
  std::vector<std::unique_ptr<Share>> shares(
      std::clamp<std::size_t>(full + parts_of_last, 1, base::parallel_threads()));
  const std::size_t blocks = full < chunks ? (snapshot.rows_of(full) + kBlockRows - 1) / kBlockRows : 0;
  const std::size_t like_a_chunk = query.group_by == GroupBy::nodeClass ? kBlocksLikeAChunk : 0;
  const std::vector<Portion> portions =
      portions_of(snapshot, query.filter, {full, blocks, like_a_chunk}, shares.size());
  base::parallel(shares.size(), [&](std::size_t i) {
    shares[i] = std::make_unique<Share>(snapshot, query, scan, budget, key, alike, are_many);
    for (const std::size_t block : portions[i].blocks) shares[i]->add_block(full, block);
    for (const std::size_t chunk : portions[i].chunks) shares[i]->add(chunk);
    shares[i]->settle();
  });
  Share& first = *shares.front();
  scan.each_odd([&](const RunFacts& facts, std::uint32_t) { first.add(facts); });
  bool is_rounded = first.is_rounded();
  for (std::size_t i = 1; i < shares.size(); ++i) {
    is_rounded |= shares[i]->is_rounded();
    first.gatherer().merge(std::move(shares[i]->gatherer()));
  }
  if (is_rounded && first.gatherer().matching() <= budget.values) return std::nullopt;
  return first.gatherer().finish();
}

// `keep_of`: gets 1 for each row that matches, else 0.
std::unique_ptr<const TimeParts> time_parts_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query,
                                               RowScan scan, std::size_t chunk,
                                               std::vector<std::uint8_t>* keep_of = nullptr) {
  auto parts =
      std::make_unique<TimeParts>(snapshot.chunk(chunk), snapshot.shared(), query.group_by, query.utc_offset_ms);
  if (keep_of) keep_of->assign(kChunkRows, 0);
  scan.each_block_of(chunk, [&](const RowBlock& block) {
    parts->add(block);
    if (keep_of) std::copy_n(block.keep, block.count, keep_of->data() + block.begin);
  });
  return parts;
}

// Where most of a full chunk matches: what it keeps of all its times, which these parts and those of the others make
// up. Null: it is of no use.
std::shared_ptr<const ChunkSummary> whole_of(const ColumnStore::Snapshot& snapshot, std::size_t chunk,
                                             const SummaryKey& everything, const TimeParts& parts) {
  if (parts.matching() * 3 < std::size_t{kChunkRows} * 2) return nullptr;
  const Chunk& of = snapshot.chunk(chunk);
  auto all = of.summaries.find(everything).summary;
  if (!all || of.last_death() > std::min(all->version, snapshot.version) || all->has_far()) return nullptr;
  return all;
}

std::unique_ptr<const TimeParts> other_parts_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query,
                                                std::size_t chunk, const std::vector<std::uint8_t>& keep_of) {
  auto others =
      std::make_unique<TimeParts>(snapshot.chunk(chunk), snapshot.shared(), query.group_by, query.utc_offset_ms);
  const RunFilter every_run;
  RowScan(snapshot, every_run).each_block_of(chunk, [&](const RowBlock& block) {
    std::array<std::uint8_t, kBlockRows> keep;
    leave_out(block.keep, keep_of.data() + block.begin, block.count, keep.data());
    RowBlock rest = block;
    rest.keep = keep.data();
    rest.matching = count_kept(keep.data(), block.count);
    if (rest.matching > 0) others->add(rest);
  });
  return others;
}

// The same by time.
std::optional<Statistics> ask_times(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, RowScan& scan,
                                    const ExactBudget& budget, const SummaryKey* key) {
  TimeStatistics times(query, snapshot.chunks(), budget);
  StatisticsQuery unfiltered;
  unfiltered.group_by = query.group_by;
  unfiltered.utc_offset_ms = query.utc_offset_ms;
  const SummaryKey everything(unfiltered);
  std::atomic<bool> is_rounded = false;
  std::atomic<int> summaries_left = kSummariesAtOnce;
  base::parallel(snapshot.chunks(), [&](std::size_t i) {
    const Chunk& of = snapshot.chunk(i);
    SummaryCache::Found found;
    const bool may_be_kept = key && snapshot.rows_of(i) == kChunkRows && scan.covers(i);
    if (may_be_kept) found = of.summaries.find(*key);
    if (found.summary && of.last_death() > std::min(found.summary->version, snapshot.version)) found.summary = nullptr;
    if (!found.summary) {
      std::vector<std::uint8_t> keep_of;
      auto parts = time_parts_of(snapshot, query, scan, i, may_be_kept ? &keep_of : nullptr);
      const auto may_summarise = [&] { return key->is_unfiltered || (found.was_asked && summaries_left-- > 0); };
      if (!may_be_kept) return times.put(i, std::move(parts));
      if (!may_summarise()) {
        auto all = whole_of(snapshot, i, everything, *parts);
        if (!all) return times.put(i, std::move(parts));
        auto others = other_parts_of(snapshot, query, i, keep_of);
        return times.put(i, std::move(all), std::move(parts), std::move(others));
      }
      found.summary = summarise_times(snapshot, *parts, budget);
      of.summaries.put(*key, found.summary);
    }
    if (!found.summary->exact) is_rounded = true;
    times.put(i, std::move(found.summary));
  });
  scan.each_odd([&](const RunFacts& facts, std::uint32_t) { times.add(facts); });
  if (is_rounded && times.matching() <= budget.values) return std::nullopt;
  return times.finish();
}

}  // namespace

Statistics statistics_of(const ColumnStore::Snapshot& snapshot, const StatisticsQuery& query, const RidSet* among) {
  ExactBudget budget;
  if (query.exact) budget.values = std::numeric_limits<std::size_t>::max();
  RowScan scan(snapshot, query.filter, among);
  std::optional<SummaryKey> key;
  if (!query.exact && !among && may_be_kept(query.group_by) && snapshot.rows >= kChunkRows) key.emplace(query);
  if (is_time(query.group_by)) {
    auto answer = ask_times(snapshot, query, scan, budget, key ? &*key : nullptr);
    if (!answer) answer = ask_times(snapshot, query, scan, budget, nullptr);
    return *answer;
  }
  const Foreseen foreseen = among ? Foreseen() : foresee(snapshot, query.filter, scan, budget.values);
  const bool are_many = foreseen.at_least > budget.values;
  if (is_label(query.group_by)) return label_statistics_of(snapshot, query, scan, budget, are_many);
  // Of few runs each value must be looked at.
  if (foreseen.is_all && !are_many && tell_groups(query.group_by)) key.reset();
  auto answer = ask(snapshot, query, scan, budget, key ? &*key : nullptr, are_many);
  if (!answer) answer = ask(snapshot, query, scan, budget, nullptr, false);
  return *answer;
}

void prepare_summaries(const ColumnStore::Snapshot& snapshot, std::size_t chunk, std::int64_t utc_offset_ms) {
  if (snapshot.rows_of(chunk) < kChunkRows || find_cube(snapshot, chunk)) return;
  make_cube(snapshot, chunk);
  for (const GroupBy group_by : {GroupBy::none, GroupBy::workflow, GroupBy::nodeClass, GroupBy::day}) {
    StatisticsQuery query;
    query.group_by = group_by;
    query.utc_offset_ms = utc_offset_ms;
    const SummaryKey key(query);
    const RowScan scan(snapshot, query.filter);
    const auto summary = is_time(group_by) ? summarise_times(snapshot, *time_parts_of(snapshot, query, scan, chunk), {})
                                           : Share(snapshot, query, scan, {}, &key).summarise(chunk);
    snapshot.chunk(chunk).summaries.put(key, summary);
  }
  for (const GroupBy group_by : {GroupBy::story, GroupBy::tag}) prepare_unlabelled(snapshot, chunk, group_by);
}

}  // namespace comfytrace::history::columns

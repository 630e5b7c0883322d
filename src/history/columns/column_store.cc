#include "history/columns/column_store.h"

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::int64_t kMaxPeak = std::int64_t{255} << 32;

bool fits(const std::optional<std::int64_t>& value, std::int64_t below) {
  return !value || (*value >= 0 && *value < below);
}

void widen(Chunk& chunk, std::uint32_t row, std::int64_t created_at_ms) {
  auto& oldest = chunk.oldest_ms[row / kBlockRows];
  auto& newest = chunk.newest_ms[row / kBlockRows];
  if (created_at_ms < oldest.load(std::memory_order_relaxed)) oldest.store(created_at_ms, std::memory_order_relaxed);
  if (created_at_ms > newest.load(std::memory_order_relaxed)) newest.store(created_at_ms, std::memory_order_relaxed);
}

// The odd run in the row `at` of a chunk; null: the chunk has none.
const RunFacts* odd_at(const Chunk& chunk, std::uint32_t at) {
  if (chunk.odd.size() == 0) return nullptr;
  std::size_t first = 0;
  for (std::size_t count = chunk.odd.size(); count > 1;) {
    const std::size_t half = count / 2;
    if (chunk.odd[first + half].row <= at) first += half;
    count -= half;
  }
  return &chunk.odd[first].facts;
}

bool has_shape(const RunFacts& facts, const NodeShape& shape) {
  if (facts.node_classes.size() != shape.classes.size()) return false;
  for (std::size_t i = 0; i < shape.classes.size(); ++i) {
    const NodeClassFacts& of_class = facts.node_classes[i];
    if (of_class.executions != shape.executions[i] || of_class.class_type != shape.classes[i]) return false;
  }
  return true;
}

}  // namespace

ColumnStore::Snapshot ColumnStore::snapshot() const {
  const std::uint64_t published = published_.load(std::memory_order_acquire);
  return {this, static_cast<std::uint32_t>(published), static_cast<std::uint32_t>(published >> 32)};
}

std::optional<RunFacts> ColumnStore::facts_at(const Snapshot& snapshot, std::uint32_t row, std::string run_id) {
  const Chunk& chunk = snapshot.chunk(row / kChunkRows);
  const std::uint32_t at = row % kChunkRows;
  const Outcome& outcome = snapshot.shared().outcomes[chunk.outcome.at(at)];
  if (outcome.is_odd) {
    const RunFacts* odd = odd_at(chunk, at);
    return odd ? std::optional(*odd) : std::nullopt;
  }
  RunFacts facts;
  facts.run_id = std::move(run_id);
  facts.created_at_ms = chunk.created_at_ms[at];
  restore(facts, outcome, snapshot.shared().settings[chunk.setting.at(at)],
          snapshot.shared().labels[chunk.label.at(at)]);
  if (chunk.duration_ms[at] != kMissing) facts.duration_ms = chunk.duration_ms[at];
  if (chunk.queue_wait_ms[at] != kMissing) facts.queue_wait_ms = chunk.queue_wait_ms[at];
  if (const std::int64_t peak = chunk.vram_peak(at); peak != kMissing) facts.vram_peak_bytes = peak;
  facts.key = key_of(snapshot.shared().works[chunk.work.at(at)]);
  std::vector<std::int64_t> times_ms;
  const NodeShape& shape = snapshot.shared().shapes[class_times_at(snapshot, row, times_ms)];
  for (std::size_t i = 0; i < times_ms.size(); ++i)
    facts.node_classes.push_back({shape.classes[i], shape.executions[i], times_ms[i]});
  if (!unpack_details(chunk.details_of(at), snapshot.shared(), facts)) return std::nullopt;
  return facts;
}

std::uint32_t ColumnStore::class_times_at(const Snapshot& snapshot, std::uint32_t row, std::vector<std::int64_t>& ms) {
  const ClassTimes::View view = snapshot.chunk(row / kChunkRows).class_times.view();
  const std::uint32_t at = row % kChunkRows;
  return view.sealed ? view.sealed->read(at, ms) : view.open->read(at, snapshot.shared().shapes, ms);
}

std::vector<std::string> ColumnStore::devices_at(const Snapshot& snapshot, std::uint32_t row) {
  const Chunk& chunk = snapshot.chunk(row / kChunkRows);
  const std::uint32_t at = row % kChunkRows;
  if (snapshot.shared().outcomes[chunk.outcome.at(at)].is_odd) {
    const RunFacts* odd = odd_at(chunk, at);
    return odd ? odd->devices : std::vector<std::string>();
  }
  return snapshot.shared().settings.machine_of(chunk.setting.at(at)).devices;
}

Chunk& ColumnStore::chunk_for_row(std::uint32_t row) {
  auto& chunk = chunks_[row / kChunkRows];
  if (!chunk) {
    if (row > 0) {
      Chunk& full = *chunks_[row / kChunkRows - 1];
      for (LocalColumn* column : {&full.outcome, &full.setting, &full.label, &full.work}) column->forget_writing();
    }
    chunk = std::make_unique<Chunk>();
  }
  return *chunk;
}

// Mostly that of the run before, found without making it.
std::uint32_t ColumnStore::shape_id_of(const RunFacts& facts) {
  if (last_shape_ >= shared_.shapes.size() || !has_shape(facts, shared_.shapes[last_shape_]))
    last_shape_ = shared_.shapes.id_of(shape_of(facts));
  return last_shape_;
}

void ColumnStore::write_row(Chunk& chunk, std::uint32_t row, std::uint32_t rid, const RunFacts& facts) {
  const std::uint32_t at = row % kChunkRows;
  chunk.created_at_ms[at] = facts.created_at_ms;
  chunk.rid[at] = rid;
  widen(chunk, at, facts.created_at_ms);
  auto& [setting, details, times] = room_;
  details.clear();
  times.clear();
  const bool is_plain = fits(facts.duration_ms, std::numeric_limits<std::int32_t>::max()) &&
                        fits(facts.queue_wait_ms, std::numeric_limits<std::int32_t>::max()) &&
                        fits(facts.vram_peak_bytes, kMaxPeak) && pack_details(facts, shared_, details);
  if (is_plain) put_times(times, shape_id_of(facts), facts.node_classes);
  const bool kept = is_plain && chunk.class_times.append(at, times) && chunk.add_details(at, details);
  Outcome outcome = outcome_of(facts);
  if (!kept) {
    outcome = {};
    outcome.is_odd = true;
    chunk.odd.push_back({at, facts});
    chunk.details_at[at] = 0;
    times.clear();
    put_times(times, shared_.shapes.id_of({}), {});
    CHECK(chunk.class_times.append(at, times));
  }
  chunk.duration_ms[at] = kept ? static_cast<std::int32_t>(facts.duration_ms.value_or(kMissing)) : kMissing;
  chunk.queue_wait_ms[at] = kept ? static_cast<std::int32_t>(facts.queue_wait_ms.value_or(kMissing)) : kMissing;
  const std::int64_t peak = kept ? facts.vram_peak_bytes.value_or(kMaxPeak) : kMaxPeak;
  chunk.vram_peak_low[at] = static_cast<std::uint32_t>(peak);
  chunk.vram_peak_high[at] = static_cast<std::uint8_t>(peak >> 32);
  chunk.outcome.set(at, shared_.outcomes.id_of(outcome));
  if (kept) {
    put_setting(facts, setting);
  } else {
    setting = {};
  }
  chunk.setting.set(at, shared_.settings.id_of(setting));
  chunk.label.set(at, shared_.labels.id_of(kept ? label_of(facts) : Label{}));
  chunk.work.set(at, kept ? shared_.works.id_of(facts.key) : shared_.works.id_of(WorkKey{}));
}

void ColumnStore::name_row(std::uint32_t rid, std::uint32_t row) {
  if (row_of_rid_.empty()) first_rid_ = rid;
  if (rid < first_rid_) {
    // More than is needed: others before it may follow.
    const auto spare = std::min<std::uint32_t>(rid, static_cast<std::uint32_t>(row_of_rid_.size()));
    row_of_rid_.insert(row_of_rid_.begin(), first_rid_ - rid + spare, 0);
    first_rid_ = rid - spare;
  }
  if (rid - first_rid_ >= row_of_rid_.size()) row_of_rid_.resize(rid - first_rid_ + 1, 0);
  row_of_rid_[rid - first_rid_] = row + 1;
}

void ColumnStore::adopt(std::unique_ptr<Chunk> adopted, std::uint32_t rows, std::uint32_t last_rid) {
  const Chunk& chunk = *(chunks_[written_ / kChunkRows] = std::move(adopted));
  const bool all_live = chunk.died() == nullptr;
  for (std::uint32_t at = 0; at < rows; ++at, ++written_) {
    if (!all_live && !chunk.is_live(at, version_ + 1)) continue;
    if (row_of_rid_.empty()) row_of_rid_.reserve(last_rid - chunk.rid[at] + 1);
    name_row(chunk.rid[at], written_);
    ++live_;
  }
}

std::shared_ptr<ColumnStore> ColumnStore::compacted(std::int64_t from_ms) const {
  auto fresh = std::make_shared<ColumnStore>();
  const Snapshot all{this, written_, version_ + 1};
  for (std::uint32_t row = 0; row < written_; ++row) {
    const Chunk& chunk = *chunks_[row / kChunkRows];
    const std::uint32_t at = row % kChunkRows;
    if (!chunk.is_live(at, all.version) || chunk.created_at_ms[at] < from_ms) continue;
    const auto facts = facts_at(all, row, "");
    if (facts && !fresh->append(chunk.rid[at], *facts)) break;
  }
  return fresh;
}

bool ColumnStore::append(std::int64_t rid, const RunFacts& facts) {
  if (rid < 0 || rid > std::numeric_limits<std::uint32_t>::max() || written_ >= kChunks * kChunkRows) return false;
  remove(rid);
  write_row(chunk_for_row(written_), written_, static_cast<std::uint32_t>(rid), facts);
  name_row(static_cast<std::uint32_t>(rid), written_);
  ++written_;
  ++live_;
  if (written_ % kChunkRows == 0) chunks_[written_ / kChunkRows - 1]->class_times.seal(shared_.shapes);
  return true;
}

void ColumnStore::remove(std::int64_t rid) {
  if (rid < first_rid_ || rid - first_rid_ >= static_cast<std::int64_t>(row_of_rid_.size())) return;
  std::uint32_t& row = row_of_rid_[static_cast<std::size_t>(rid - first_rid_)];
  if (row == 0) return;
  // Rows of a version that is not published yet may die in it: nobody ever sees them.
  if (chunks_[(row - 1) / kChunkRows]->kill((row - 1) % kChunkRows, version_ + 1)) --live_;
  row = 0;
}

void ColumnStore::publish() {
  ++version_;
  published_.store((std::uint64_t{version_} << 32) | written_, std::memory_order_release);
}

std::vector<std::uint32_t> ColumnStore::rids() const {
  std::vector<std::uint32_t> rids;
  for (std::size_t i = 0; i < row_of_rid_.size(); ++i) {
    if (row_of_rid_[i] != 0) rids.push_back(first_rid_ + static_cast<std::uint32_t>(i));
  }
  return rids;
}

std::size_t ColumnStore::bytes() const {
  std::size_t bytes = shared_.bytes() + row_of_rid_.capacity() * 4;
  for (std::uint32_t row = 0; row < written_; row += kChunkRows)
    bytes += chunks_[row / kChunkRows]->bytes(std::min(written_ - row, kChunkRows));
  return bytes;
}

}  // namespace comfytrace::history::columns

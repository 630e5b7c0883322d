#include "history/memory/memory_history.h"

#include <algorithm>
#include <fstream>

#include "base/codec.h"
#include "history/run_rules.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using Lock = std::lock_guard<std::mutex>;

}  // namespace

struct MemoryHistory::Entry {
  model::Run run;
  std::int64_t order = 0;
  std::uint32_t amended = 0;
  std::vector<SampleSeries> samples;

  [[nodiscard]] std::int64_t bytes() const {
    std::size_t readings = 0;
    for (const auto& series : samples) readings += series.samples.size();
    return static_cast<std::int64_t>(base::encode_json(run).size() + readings * sizeof(model::DeviceSample));
  }
};

struct MemoryHistory::Data {
  std::map<std::string, Entry, std::less<>> runs;
  std::set<std::string, std::less<>> removed;
  std::set<std::string, std::less<>> pruned;
  std::int64_t next_order = 1;
  std::vector<model::Worker> workers;
  std::vector<FilterPreset> presets;
  std::vector<Recommendation> recommendations;
  std::vector<Alert> alerts;

  // Newest first.
  template <class Holds>
  [[nodiscard]] std::vector<const Entry*> sorted(const Holds& holds) const {
    std::vector<const Entry*> entries;
    for (const auto& [id, entry] : runs) {
      if (holds(entry)) entries.push_back(&entry);
    }
    std::ranges::sort(entries, [](const Entry* a, const Entry* b) {
      return std::pair(a->run.created_at_ms, a->order) > std::pair(b->run.created_at_ms, b->order);
    });
    return entries;
  }
  [[nodiscard]] std::int64_t bytes() const {
    std::int64_t sum = 0;
    for (const auto& [id, entry] : runs) sum += entry.bytes();
    return sum;
  }
};

MemoryHistory::MemoryHistory() : data_(std::make_unique<Data>()) {}
MemoryHistory::~MemoryHistory() = default;

Result<std::optional<model::Run>> MemoryHistory::get(std::string_view run_id) const {
  const Lock lock(mutex_);
  const auto at = data_->runs.find(run_id);
  return at == data_->runs.end() ? std::optional<model::Run>() : at->second.run;
}

Result<std::optional<std::string>> MemoryHistory::run_of_prompt(std::string_view worker_id,
                                                                std::string_view prompt_id) const {
  const Lock lock(mutex_);
  const Entry* first = nullptr;
  for (const auto& [id, entry] : data_->runs) {
    const bool holds = std::ranges::any_of(entry.run.scenes, [&](const auto& scene) {
      return std::ranges::any_of(scene.attempts, [&](const auto& attempt) {
        return attempt.worker_id == worker_id && attempt.prompt_id == prompt_id;
      });
    });
    if (holds && (!first || entry.order < first->order)) first = &entry;
  }
  return first ? std::optional(first->run.run_id) : std::nullopt;
}

Result<RunPage> MemoryHistory::page(const RunFilter& filter, std::int64_t limit, std::string_view cursor) const {
  if (auto fits = check_limit(limit); !fits) return fits.error();
  std::optional<Place> after;
  if (!cursor.empty()) {
    auto place = from_cursor(cursor);
    if (!place) return place.error();
    after = *place;
  }
  const Lock lock(mutex_);
  RunPage page;
  const Entry* last = nullptr;
  for (const Entry* entry : data_->sorted([&](const Entry& e) { return matches(filter, e.run); })) {
    ++page.total;
    if (after && std::pair(entry->run.created_at_ms, entry->order) >= std::pair(after->created_at_ms, after->order))
      continue;
    if (static_cast<std::int64_t>(page.runs.size()) == limit) {
      page.next_cursor = to_cursor({last->run.created_at_ms, last->order});
      continue;
    }
    page.runs.push_back(model::summarise(entry->run));
    last = entry;
  }
  return page;
}

Result<std::vector<model::Run>> MemoryHistory::open_runs() const {
  const Lock lock(mutex_);
  std::vector<model::Run> runs;
  for (const Entry* entry : data_->sorted([](const Entry& e) { return model::is_open(e.run.status); }))
    runs.push_back(entry->run);
  return runs;
}

Result<std::vector<SampleSeries>> MemoryHistory::samples(std::string_view run_id) const {
  const Lock lock(mutex_);
  const auto at = data_->runs.find(run_id);
  return at == data_->runs.end() ? std::vector<SampleSeries>() : at->second.samples;
}

Result<void> MemoryHistory::for_each(const RunFilter& filter,
                                     const std::function<bool(const model::Run&)>& each) const {
  std::vector<model::Run> runs;
  {
    const Lock lock(mutex_);
    for (const Entry* entry : data_->sorted([&](const Entry& e) { return matches(filter, e.run); }))
      runs.push_back(entry->run);
  }
  for (const auto& run : runs) {
    if (!each(run)) break;
  }
  return {};
}

Result<HistoryInfo> MemoryHistory::info() const {
  const Lock lock(mutex_);
  HistoryInfo info{"memory", "memory", 0, static_cast<std::int64_t>(data_->runs.size()), data_->bytes(), {}, {}};
  const auto entries = data_->sorted([](const Entry&) { return true; });
  if (!entries.empty()) {
    info.newest_run_at_ms = entries.front()->run.created_at_ms;
    info.oldest_run_at_ms = entries.back()->run.created_at_ms;
  }
  return info;
}

Result<void> MemoryHistory::save(std::span<const model::Run> runs) {
  const Lock lock(mutex_);
  for (const auto& run : runs) {
    if (data_->removed.contains(run.run_id)) continue;
    auto at = data_->runs.find(run.run_id);
    if (at == data_->runs.end()) {
      if (data_->pruned.contains(run.run_id) && !returns_after_pruning(run)) continue;
      data_->pruned.erase(run.run_id);
      data_->runs.emplace(run.run_id, Entry{run, data_->next_order++, 0, {}});
      continue;
    }
    Entry& entry = at->second;
    model::Run newer = run;
    keep_amended(newer, entry.run, entry.amended);
    entry.run = std::move(newer);
  }
  return {};
}

Result<bool> MemoryHistory::remove(std::string_view run_id) {
  const Lock lock(mutex_);
  const auto at = data_->runs.find(run_id);
  if (at == data_->runs.end()) return false;
  data_->runs.erase(at);
  data_->removed.emplace(run_id);
  return true;
}

Result<bool> MemoryHistory::amend(std::string_view run_id, const RunPatch& patch) {
  const Lock lock(mutex_);
  const auto at = data_->runs.find(run_id);
  if (at == data_->runs.end()) return false;
  at->second.amended |= apply_patch(at->second.run, patch);
  return true;
}

Result<PruneReport> MemoryHistory::prune(const PruneRule& rule, const std::function<bool()>& keep_going) {
  if (auto fits = check_rule(rule); !fits) return fits.error();
  const Lock lock(mutex_);
  const auto entries = data_->sorted([](const Entry&) { return true; });
  std::int64_t bytes = data_->bytes();
  PruneReport report;
  for (std::size_t i = entries.size(); i-- > 0;) {
    const model::Run& run = entries[i]->run;
    const std::int64_t size = entries[i]->bytes();
    const bool goes = (rule.older_than_ms && run.created_at_ms < *rule.older_than_ms) ||
                      (rule.keep_newest && static_cast<std::int64_t>(i) >= *rule.keep_newest) ||
                      (rule.max_bytes && bytes > *rule.max_bytes);
    if (!goes || !may_be_pruned(run)) continue;
    if (!rule.dry_run && keep_going && !keep_going()) break;
    ++report.runs;
    report.bytes += size;
    bytes -= size;
    if (!report.oldest_at_ms) report.oldest_at_ms = run.created_at_ms;
    report.newest_at_ms = run.created_at_ms;
    if (rule.dry_run) continue;
    const std::string id = run.run_id;
    data_->pruned.insert(id);
    data_->runs.erase(id);
  }
  return report;
}

Result<void> MemoryHistory::save_samples(std::span<const SampleSeries> series) {
  const Lock lock(mutex_);
  for (const auto& one : series) {
    const auto at = data_->runs.find(one.run_id);
    if (at == data_->runs.end()) continue;
    auto& stored = at->second.samples;
    const auto same = std::ranges::find(stored, one.prompt_id, &SampleSeries::prompt_id);
    if (same == stored.end()) {
      stored.push_back(one);
    } else {
      *same = one;
    }
  }
  return {};
}

Result<void> MemoryHistory::backup(const std::filesystem::path& path) {
  if (std::filesystem::exists(path)) return Error{ErrorCode::conflict, path.string() + " exists already"};
  std::ofstream file(path);
  const auto written = for_each({}, [&](const model::Run& run) {
    file << base::encode_json(run) << '\n';
    return true;
  });
  if (!file.flush()) return Error{ErrorCode::unavailable, "cannot write " + path.string()};
  return written;
}

namespace {

// Replaces the item with the same key in place, or appends.
template <class T, class Key>
void put(std::vector<T>& items, const T& item, Key key) {
  const auto same = std::ranges::find(items, item.*key, key);
  if (same == items.end()) {
    items.push_back(item);
  } else {
    *same = item;
  }
}

}  // namespace

Result<std::vector<model::Worker>> MemoryHistory::workers() const {
  const Lock lock(mutex_);
  return data_->workers;
}

Result<std::vector<FilterPreset>> MemoryHistory::presets() const {
  const Lock lock(mutex_);
  return data_->presets;
}

Result<std::vector<Recommendation>> MemoryHistory::recommendations() const {
  const Lock lock(mutex_);
  return data_->recommendations;
}

Result<std::vector<Alert>> MemoryHistory::alerts(const AlertQuery& query) const {
  const Lock lock(mutex_);
  std::vector<Alert> newest = data_->alerts;
  std::ranges::sort(newest, [](const Alert& a, const Alert& b) {
    return std::pair(-a.raised_at_ms, a.id) < std::pair(-b.raised_at_ms, b.id);
  });
  if (!query.after_id.empty()) {
    const auto last = std::ranges::find(newest, query.after_id, &Alert::id);
    newest.erase(newest.begin(), last == newest.end() ? last : last + 1);
  }
  if (query.state == AlertState::open) std::erase_if(newest, [](const Alert& one) { return one.cleared_at_ms; });
  if (static_cast<std::int64_t>(newest.size()) > query.limit)
    newest.resize(static_cast<std::size_t>(std::max<std::int64_t>(query.limit, 0)));
  return newest;
}

Result<void> MemoryHistory::save_worker(const model::Worker& worker) {
  const Lock lock(mutex_);
  put(data_->workers, worker, &model::Worker::worker_id);
  return {};
}

Result<void> MemoryHistory::save_preset(const FilterPreset& preset) {
  const Lock lock(mutex_);
  put(data_->presets, preset, &FilterPreset::name);
  return {};
}

Result<bool> MemoryHistory::remove_preset(std::string_view name) {
  const Lock lock(mutex_);
  return std::erase_if(data_->presets, [&](const FilterPreset& preset) { return preset.name == name; }) > 0;
}

Result<void> MemoryHistory::save_recommendation(const Recommendation& recommendation) {
  const Lock lock(mutex_);
  if (recommendation.state == RecommendationState::open) {
    for (const auto& other : data_->recommendations) {
      if (other.state == RecommendationState::open && other.cause == recommendation.cause &&
          other.id != recommendation.id)
        return Error{ErrorCode::conflict, "an open recommendation has this cause already", "cause"};
    }
  }
  put(data_->recommendations, recommendation, &Recommendation::id);
  return {};
}

Result<void> MemoryHistory::save_alert(const Alert& alert) {
  const Lock lock(mutex_);
  put(data_->alerts, alert, &Alert::id);
  return {};
}

namespace {

class View final : public RunHistoryReader {
 public:
  explicit View(const RunHistory& history) : history_(history) {}
  Result<std::optional<model::Run>> get(std::string_view run_id) const override { return history_.get(run_id); }
  Result<std::optional<std::string>> run_of_prompt(std::string_view worker_id,
                                                   std::string_view prompt_id) const override {
    return history_.run_of_prompt(worker_id, prompt_id);
  }
  Result<RunPage> page(const RunFilter& filter, std::int64_t limit, std::string_view cursor) const override {
    return history_.page(filter, limit, cursor);
  }
  Result<std::vector<model::Run>> open_runs() const override { return history_.open_runs(); }
  Result<std::vector<SampleSeries>> samples(std::string_view run_id) const override { return history_.samples(run_id); }
  Result<std::vector<model::Worker>> workers() const override { return history_.workers(); }
  Result<std::vector<FilterPreset>> presets() const override { return history_.presets(); }
  Result<std::vector<Recommendation>> recommendations() const override { return history_.recommendations(); }
  Result<std::vector<Alert>> alerts(const AlertQuery& query) const override { return history_.alerts(query); }
  Result<void> for_each(const RunFilter& filter, const std::function<bool(const model::Run&)>& each) const override {
    return history_.for_each(filter, each);
  }
  Result<HistoryInfo> info() const override { return history_.info(); }

 private:
  const RunHistory& history_;
};

}  // namespace

std::unique_ptr<RunHistoryReader> view_of(const RunHistory& history) {
  return std::make_unique<View>(history);
}

}  // namespace comfytrace::history

#include "history/memory/memory_history.h"

#include <algorithm>
#include <fstream>

#include "base/codec.h"
#include "history/reference_answers.h"
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

Result<RunPage> MemoryHistory::page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                                    std::string_view cursor) const {
  if (auto fits = check_limit(limit); !fits) return fits.error();
  const auto start = page_start(cursor, sort);
  if (!start) return start.error();
  const auto matcher = RunMatcher::of(filter);
  if (!matcher) return matcher.error();
  const Lock lock(mutex_);
  std::vector<std::pair<Place, const Entry*>> list;
  for (const auto& [id, entry] : data_->runs) {
    if ((*matcher)(entry.run)) list.emplace_back(place_of(sort, model::summarise(entry.run), entry.order), &entry);
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return stands_before(a.first, b.first); });
  RunPage page;
  page.total = static_cast<std::int64_t>(list.size());
  Place last;
  std::int64_t skipped = 0;
  for (const auto& [place, entry] : list) {
    if (start->after && !stands_before(*start->after, place)) continue;
    if (skipped < start->skip) {
      ++skipped;
      continue;
    }
    if (static_cast<std::int64_t>(page.runs.size()) == limit) {
      page.next_cursor = to_cursor(last);
      break;
    }
    page.runs.push_back(model::summarise(entry->run));
    last = place;
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
  const auto matcher = RunMatcher::of(filter);
  if (!matcher) return matcher.error();
  std::vector<model::Run> runs;
  {
    const Lock lock(mutex_);
    for (const Entry* entry : data_->sorted([&](const Entry& e) { return (*matcher)(e.run); }))
      runs.push_back(entry->run);
  }
  for (const auto& run : runs) {
    if (!each(run)) break;
  }
  return {};
}

Result<Statistics> MemoryHistory::statistics(const StatisticsQuery& query) const {
  return reference_answer(*this, query);
}
Result<std::vector<RunFacts>> MemoryHistory::facts(const FactsQuery& query) const {
  return reference_answer(*this, query);
}
Result<std::vector<SceneSample>> MemoryHistory::scene_samples(const ScenesQuery& query) const {
  return reference_answer(*this, query);
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

Result<std::vector<std::string>> MemoryHistory::reached_by(const PruneRule& rule, PruneReport& report) const {
  if (auto fits = check_rule(rule); !fits) return fits.error();
  const auto matcher = RunMatcher::of(rule.filter);
  if (!matcher) return matcher.error();
  const Lock lock(mutex_);
  const auto entries = data_->sorted([&](const Entry& e) { return (*matcher)(e.run); });
  std::int64_t bytes = data_->bytes();
  std::vector<std::string> going;
  for (std::size_t i = entries.size(); i-- > 0;) {
    const model::Run& run = entries[i]->run;
    const bool reached = (rule.older_than_ms && run.created_at_ms < *rule.older_than_ms) ||
                         (rule.keep_newest && static_cast<std::int64_t>(i) >= *rule.keep_newest) ||
                         (rule.max_bytes && bytes > *rule.max_bytes);
    if (!reached) continue;
    const Fate fate = fate_of(run);
    add_to(report, fate);
    if (fate != Fate::going) continue;
    bytes -= entries[i]->bytes();
    going.push_back(run.run_id);
  }
  return going;
}

Result<PruneReport> MemoryHistory::foresee(const PruneRule& rule) const {
  PruneReport report;
  const auto going = reached_by(rule, report);
  if (!going) return going.error();
  const Lock lock(mutex_);
  for (const std::string& id : *going) {
    const auto at = data_->runs.find(id);
    if (at != data_->runs.end()) add_to(report, at->second.run.created_at_ms, at->second.bytes());
  }
  return report;
}

class MemoryHistory::Batches final : public Pruning {
 public:
  Batches(MemoryHistory& history, std::vector<std::string> going, PruneReport report)
      : history_(history), going_(std::move(going)), report_(report) {}

  Result<bool> step() override {
    const Lock lock(history_.mutex_);
    auto& runs = history_.data_->runs;
    for (const std::size_t end = std::min(next_ + kPruneBatch, going_.size()); next_ < end; ++next_) {
      const auto at = runs.find(going_[next_]);
      if (at == runs.end() || fate_of(at->second.run) != Fate::going) continue;
      add_to(report_, at->second.run.created_at_ms, at->second.bytes());
      history_.data_->pruned.insert(at->first);
      runs.erase(at);
    }
    return next_ < going_.size();
  }
  PruneReport report() const override { return report_; }

 private:
  MemoryHistory& history_;
  const std::vector<std::string> going_;
  PruneReport report_;
  std::size_t next_ = 0;
};

Result<std::unique_ptr<Pruning>> MemoryHistory::begin_prune(const PruneRule& rule) {
  PruneReport report;
  auto going = reached_by(rule, report);
  if (!going) return going.error();
  return std::unique_ptr<Pruning>(std::make_unique<Batches>(*this, std::move(*going), report));
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
  auto written = for_each({}, [&](const model::Run& run) {
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

Result<std::optional<FilterPreset>> MemoryHistory::preset(std::string_view name) const {
  const Lock lock(mutex_);
  const auto found = std::ranges::find(data_->presets, name, &FilterPreset::name);
  return found == data_->presets.end() ? std::optional<FilterPreset>() : *found;
}

Result<void> MemoryHistory::save_preset(const FilterPreset& preset) {
  const Lock lock(mutex_);
  const bool is_new = std::ranges::find(data_->presets, preset.name, &FilterPreset::name) == data_->presets.end();
  if (is_new && static_cast<std::int64_t>(data_->presets.size()) >= kMaxPresets) return too_many_presets();
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

}  // namespace comfytrace::history

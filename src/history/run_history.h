#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "history/brief_runs.h"
#include "history/like_runs.h"
#include "history/run_filter.h"
#include "history/run_questions.h"
#include "model/run.h"
#include "model/worker.h"

// The contract of the history. Every implementation passes the same tests (run_history_contract.h).
namespace comfytrace::history {

struct RunPage {
  std::vector<model::RunSummary> runs;     // in the order asked for
  std::optional<std::string> next_cursor;  // opaque; absent on the last page
  std::int64_t total = 0;                  // runs that match, over all pages
};
BOOST_DESCRIBE_STRUCT(RunPage, (), (runs, next_cursor, total))

// What a person changes by hand. Absent: left as it is.
struct RunPatch {
  std::optional<std::string> title;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> notes;  // empty removes them
  std::optional<bool> archived;
};
BOOST_DESCRIBE_STRUCT(RunPatch, (), (title, tags, notes, archived))

// Which runs may go: those that match `filter` and are beyond one of the bounds, of which at least one is set. Archived
// and tagged runs, and open ones, are never pruned.
struct PruneRule {
  RunFilter filter;
  std::optional<std::int64_t> older_than_ms;  // created before this epoch time
  std::optional<std::int64_t> keep_newest;    // beyond this many that match
  std::optional<std::int64_t> max_bytes;      // oldest first until the whole history is no larger
  bool dry_run = false;
};
struct PruneReport {
  std::int64_t runs = 0;   // that went, or would go
  std::int64_t bytes = 0;  // about so many
  std::optional<std::int64_t> oldest_at_ms;
  std::optional<std::int64_t> newest_at_ms;
  // What the rule would have taken but for its state; each run once, in this order.
  std::int64_t kept_open = 0;
  std::int64_t kept_archived = 0;
  std::int64_t kept_tagged = 0;
};
BOOST_DESCRIBE_STRUCT(PruneReport, (), (runs, bytes, oldest_at_ms, newest_at_ms, kept_open, kept_archived, kept_tagged))

inline constexpr std::int64_t kMaxPresets = 10'000;
struct FilterPreset {
  std::string name;
  std::string query;  // the filter's query string, canonical (history/filter_grammar.h)
  std::int64_t created_at_ms = 0;
  bool operator==(const FilterPreset&) const = default;
};
BOOST_DESCRIBE_STRUCT(FilterPreset, (), (name, query, created_at_ms))

// resolved: what it was about is over.
enum class RecommendationState { open, dismissed, deferred, applied, resolved };
BOOST_DESCRIBE_ENUM(RecommendationState, open, dismissed, deferred, applied, resolved)
enum class RecommendationSeverity { info, warning, critical };
BOOST_DESCRIBE_ENUM(RecommendationSeverity, info, warning, critical)
struct Recommendation {
  std::string id;
  std::string rule;
  std::string cause;  // at most one open recommendation a cause
  RecommendationSeverity severity = RecommendationSeverity::info;
  std::string message;
  std::optional<std::string> suggested_action;
  std::vector<std::string> evidence_run_ids;
  double confidence = 0;  // 0..1
  RecommendationState state = RecommendationState::open;
  std::optional<std::int64_t> deferred_until_ms;
  std::int64_t created_at_ms = 0;
  bool operator==(const Recommendation&) const = default;
};
BOOST_DESCRIBE_STRUCT(Recommendation, (),
                      (id, rule, cause, severity, message, suggested_action, evidence_run_ids, confidence, state,
                       deferred_until_ms, created_at_ms))

enum class AlertSeverity { info, warning, critical };
BOOST_DESCRIBE_ENUM(AlertSeverity, info, warning, critical)
struct Alert {
  std::string id;
  std::string rule;
  AlertSeverity severity = AlertSeverity::warning;
  std::string subject;  // what it is about; at most one open alert a rule and subject
  std::string message;
  std::optional<std::string> run_id;
  std::optional<std::string> worker_id;
  std::map<std::string, double> evidence;  // what was seen when it was raised; units in the names
  std::int64_t raised_at_ms = 0;
  std::optional<std::int64_t> cleared_at_ms;
  std::optional<std::int64_t> acknowledged_at_ms;
  std::optional<std::int64_t> told_at_ms;  // when it last went to the outside sinks
  bool held_back = false;                  // by quiet hours, and still to be told
  bool operator==(const Alert&) const = default;
};
BOOST_DESCRIBE_STRUCT(Alert, (),
                      (id, rule, severity, subject, message, run_id, worker_id, evidence, raised_at_ms, cleared_at_ms,
                       acknowledged_at_ms, told_at_ms, held_back))

enum class AlertState { open, all };
BOOST_DESCRIBE_ENUM(AlertState, open, all)
struct AlertQuery {
  AlertState state = AlertState::all;
  std::int64_t limit = 100;
  std::string after_id = {};  // the last alert of the page before; one that is not there gives an empty page
};

// The readings taken during one attempt.
struct SampleSeries {
  std::string run_id;
  std::string prompt_id;
  std::vector<model::DeviceSample> samples;  // oldest first
  bool operator==(const SampleSeries&) const = default;
};

struct HistoryInfo {
  std::string kind;  // sqlite, memory
  std::string location;
  std::int64_t schema_version = 0;
  std::int64_t runs = 0;
  std::int64_t bytes = 0;
  std::optional<std::int64_t> oldest_run_at_ms;
  std::optional<std::int64_t> newest_run_at_ms;
};
BOOST_DESCRIBE_STRUCT(HistoryInfo, (),
                      (kind, location, schema_version, runs, bytes, oldest_run_at_ms, newest_run_at_ms))

// Questions: one reader a thread. Errors: unavailable, corrupt; invalid for a cursor or a filter that is not one.
class RunHistoryReader {
 public:
  virtual ~RunHistoryReader() = default;
  [[nodiscard]] virtual base::Result<std::optional<model::Run>> get(std::string_view run_id) const = 0;
  // The run that holds this prompt, if any.
  [[nodiscard]] virtual base::Result<std::optional<std::string>> run_of_prompt(std::string_view worker_id,
                                                                               std::string_view prompt_id) const = 0;
  // limit 1..1000. `cursor` empty: the first page; else of a page in the same order. No `sort`: the newest first.
  [[nodiscard]] virtual base::Result<RunPage> page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                                                   std::string_view cursor) const = 0;
  [[nodiscard]] base::Result<RunPage> page(const RunFilter& filter, std::int64_t limit, std::string_view cursor) const {
    return page(filter, RunSort::newest, limit, cursor);
  }
  // Every queued or executing run, for taking up after a restart.
  [[nodiscard]] virtual base::Result<std::vector<model::Run>> open_runs() const = 0;
  [[nodiscard]] virtual base::Result<std::vector<SampleSeries>> samples(std::string_view run_id) const = 0;
  [[nodiscard]] virtual base::Result<std::vector<model::Worker>> workers() const = 0;
  [[nodiscard]] virtual base::Result<std::vector<FilterPreset>> presets() const = 0;
  [[nodiscard]] virtual base::Result<std::optional<FilterPreset>> preset(std::string_view name) const = 0;
  [[nodiscard]] virtual base::Result<std::vector<Recommendation>> recommendations() const = 0;
  // Newest first by (raised_at_ms, then id).
  [[nodiscard]] virtual base::Result<std::vector<Alert>> alerts(const AlertQuery& query) const = 0;
  // Hands over every matching run, newest first, without holding them all; stops when `each` returns false.
  [[nodiscard]] virtual base::Result<void> for_each(const RunFilter& filter,
                                                    const std::function<bool(const model::Run&)>& each) const = 0;
  [[nodiscard]] virtual base::Result<Statistics> statistics(const StatisticsQuery& query) const = 0;
  // All newest first. Errors: of brief_runs also too_large, as of statistics.
  [[nodiscard]] virtual base::Result<std::vector<RunFacts>> facts(const FactsQuery& query) const = 0;
  [[nodiscard]] virtual base::Result<BriefRuns> brief_runs(const FactsQuery& query) const;
  [[nodiscard]] virtual base::Result<std::vector<SceneSample>> scene_samples(const ScenesQuery& query) const = 0;
  [[nodiscard]] virtual base::Result<BriefScenes> brief_scenes(const ScenesQuery& query) const;
  [[nodiscard]] virtual base::Result<LikeRuns> like_runs(const LikeQuery& query) const;
  [[nodiscard]] virtual base::Result<std::vector<LikeScenes>> like_scenes(const LikeQuery& query) const;
  [[nodiscard]] virtual base::Result<LikeBoth> like(const LikeQuery& runs, const LikeQuery& scenes) const;
  // What `prune` would do now, whatever rule.dry_run says.
  [[nodiscard]] virtual base::Result<PruneReport> foresee(const PruneRule& rule) const = 0;
  [[nodiscard]] virtual base::Result<HistoryInfo> info() const = 0;
};

// A prune under way. Between its steps the history may be changed, by whoever may change it.
class Pruning {
 public:
  virtual ~Pruning() = default;
  // The next batch, a transaction of at most 100 runs; false: there is nothing more to do. report() is of all so far.
  [[nodiscard]] virtual base::Result<bool> step() = 0;
  [[nodiscard]] virtual PruneReport report() const = 0;
};

// Questions and changes. Changes come from one thread: the writer's.
class RunHistory : public RunHistoryReader {
 public:
  // Inserts or replaces each run whole, all of the batch or none; durable when it returns. What a person changed by
  // hand (RunPatch) and what was removed by hand stays: a removed run_id is ignored. Idempotent.
  // Errors: unavailable (disk full, locked, I/O: nothing of the batch is stored, safe to retry), corrupt.
  [[nodiscard]] virtual base::Result<void> save(std::span<const model::Run> runs) = 0;
  // False if there is no such run. Cascades to scenes, attempts, samples; the id is remembered as removed.
  [[nodiscard]] virtual base::Result<bool> remove(std::string_view run_id) = 0;
  [[nodiscard]] virtual base::Result<bool> amend(std::string_view run_id, const RunPatch& patch) = 0;
  // Pruned ids are not remembered as removed by hand but do not come back from a worker's history either. What is given
  // must not outlive the history. Errors: invalid (the rule).
  [[nodiscard]] virtual base::Result<std::unique_ptr<Pruning>> begin_prune(const PruneRule& rule) = 0;
  // All of it; `keep_going` is asked before each batch and stops it by false. Of a dry run: foresee().
  [[nodiscard]] base::Result<PruneReport> prune(const PruneRule& rule, const std::function<bool()>& keep_going);
  // Replaces the series of each attempt named. Ignored for runs that are not stored.
  [[nodiscard]] virtual base::Result<void> save_samples(std::span<const SampleSeries> series) = 0;
  [[nodiscard]] virtual base::Result<void> save_worker(const model::Worker& worker) = 0;
  // Replaces the one of that name. Errors: conflict (kMaxPresets others are there).
  [[nodiscard]] virtual base::Result<void> save_preset(const FilterPreset& preset) = 0;
  [[nodiscard]] virtual base::Result<bool> remove_preset(std::string_view name) = 0;
  [[nodiscard]] virtual base::Result<void> save_recommendation(const Recommendation& recommendation) = 0;
  [[nodiscard]] virtual base::Result<void> save_alert(const Alert& alert) = 0;
  // A consistent copy at `path`, which must not exist, while recording goes on.
  [[nodiscard]] virtual base::Result<void> backup(const std::filesystem::path& path) = 0;
};

}  // namespace comfytrace::history

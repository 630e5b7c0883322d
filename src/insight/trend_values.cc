#include "insight/trend_values.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "insight/stats/quantile.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

using history::BriefRun;
using history::RunFacts;
using model::Status;

std::optional<double> value_of(const BriefRun& run, const RunFacts& kind, Metric metric) {
  std::optional<std::int64_t> value;
  switch (metric) {
    case Metric::duration:
      value = run.duration_ms;
      break;
    case Metric::vramPeak:
      value = run.vram_peak_bytes;
      break;
    case Metric::queueWait:
      value = run.queue_wait_ms;
      break;
    case Metric::successRate:
      return kind.status == Status::success ? 1 : 0;
  }
  if (!value) return std::nullopt;
  return static_cast<double>(*value);
}

bool depends_on_work(Metric metric) {
  return metric == Metric::duration || metric == Metric::vramPeak;
}

// Whatever makes the same work slower without anything having gone wrong is held equal; what it ran on is not, for that
// is what a trend asks about. Workers are: each is compared with its own past.
struct Kind {
  std::string structure, models, executed, worker;
  std::int64_t scene_count = 0;
  std::optional<std::int64_t> work_size;
  std::optional<bool> is_cold;

  [[nodiscard]] auto tied() const {
    return std::tie(structure, models, executed, worker, scene_count, work_size, is_cold);
  }
  bool operator<(const Kind& other) const { return tied() < other.tied(); }
};

Kind kind_of(const RunFacts& run, bool with_size) {
  Kind kind{run.key.structure,   run.key.models, run.key.executed, list_words(run.worker_ids, 100),
            run.key.scene_count, std::nullopt,   run.key.is_cold};
  if (with_size) kind.work_size = run.key.work_size;
  return kind;
}

// The runs of one kind, or of several that are alike.
struct Alike {
  std::vector<double> values;
  std::optional<double> median;  // of enough of them
};

// Runs over the median of their kind; kinds with too few runs are left out.
TrendValues ratios(const std::vector<TrendRun>& all, bool by_work) {
  TrendValues values;
  values.scale = by_work ? TrendScale::workRatio : TrendScale::cohortRatio;
  const auto value_in = [&](const TrendRun& one) {
    return by_work ? one.value / static_cast<double>(*one.kind->key.work_size) : one.value;
  };
  std::map<Kind, Alike> alike;
  std::unordered_map<const RunFacts*, Alike*> of_kind;  // null: what it is cannot be told
  const auto likes_of = [&](const RunFacts& run) {
    const auto [at, is_new] = of_kind.try_emplace(&run, nullptr);
    const auto& key = run.key;
    if (is_new && !key.structure.empty() && key.work_size && *key.work_size > 0)
      at->second = &alike[kind_of(run, !by_work)];
    return at->second;
  };
  std::vector<Alike*> likes;
  likes.reserve(all.size());
  for (const TrendRun& one : all) {
    likes.push_back(one.value > 0 ? likes_of(*one.kind) : nullptr);
    if (likes.back()) likes.back()->values.push_back(value_in(one));
  }
  for (auto& [kind, of] : alike) {
    if (static_cast<std::int64_t>(of.values.size()) < kTrendCohortNeeds) continue;
    of.median = stats::median_in_place(of.values);
    ++values.cohorts;
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!likes[i] || !likes[i]->median) {
      ++values.left_out;
      continue;
    }
    values.runs.push_back(all[i]);
    values.y.push_back(value_in(all[i]) / *likes[i]->median);
  }
  return values;
}

TrendValues plain(std::vector<TrendRun> all) {
  TrendValues values;
  for (const TrendRun& one : all) values.y.push_back(one.value);
  values.runs = std::move(all);
  return values;
}

std::string left_out_words(const TrendValues& values) {
  if (values.left_out == 0) return "";
  return "; " + count_words(values.left_out, "run") +
         " left out, with too few like them here or of an unknown workflow";
}

TrendValues like_for_like(const std::vector<TrendRun>& all, Metric metric) {
  TrendValues values = ratios(all, false);
  if (metric == Metric::duration && values.runs.size() * 2 < all.size()) {
    TrendValues by_work = ratios(all, true);
    if (by_work.runs.size() > values.runs.size()) values = std::move(by_work);
  }
  if (values.scale == TrendScale::cohortRatio && values.cohorts == 1) {
    // Of one kind, the numbers themselves can be shown.
    values.scale = TrendScale::plain;
    for (std::size_t i = 0; i < values.runs.size(); ++i) values.y[i] = values.runs[i].value;
    values.sentence = "All runs of the same work on the same worker" + left_out_words(values);
  } else if (values.cohorts == 0) {
    const std::int64_t left_out = values.left_out;
    values = TrendValues{};
    values.left_out = left_out;
    values.sentence = "No work occurs " + std::to_string(kTrendCohortNeeds) +
                      " times in this selection, so nothing can be compared like for like";
  } else if (values.scale == TrendScale::workRatio) {
    values.sentence =
        "Different sizes of work: each run's time per size of work, over the median of its workflow and models (" +
        count_words(values.cohorts, "kind") + ")" + left_out_words(values);
  } else {
    values.sentence = "Different work: each run over the median of the runs like it (" +
                      count_words(values.cohorts, "kind") + ")" + left_out_words(values);
  }
  return values;
}

}  // namespace

const std::vector<Status>& trend_statuses(Metric metric) {
  static const std::vector<Status> success{Status::success};
  static const std::vector<Status> judged{Status::success, Status::partial, Status::failed, Status::timeout};
  static const std::vector<Status> any;
  if (metric == Metric::successRate) return judged;
  return metric == Metric::queueWait ? any : success;
}

TrendValues comparable_values(const history::BriefRuns& newest_first, const TrendQuery& query) {
  std::vector<TrendRun> all;
  all.reserve(newest_first.runs.size());
  std::int64_t missing = 0;
  for (std::size_t i = newest_first.runs.size(); i-- > 0;) {
    const BriefRun& run = newest_first.runs[i];
    const RunFacts& kind = newest_first.kind_of(run);
    if (const auto value = value_of(run, kind, query.metric)) {
      all.push_back({i, run.created_at_ms, &kind, *value});
    } else {
      ++missing;
    }
  }
  TrendValues values;
  if (query.like_for_like && depends_on_work(query.metric)) {
    values = like_for_like(all, query.metric);
  } else {
    values = plain(std::move(all));
    values.sentence =
        depends_on_work(query.metric) ? "Not like for like: different work may be mixed" : "All work together";
  }
  values.missing = missing;
  return values;
}

}  // namespace comfytrace::insight

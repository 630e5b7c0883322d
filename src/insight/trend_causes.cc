#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "insight/run_texts.h"
#include "insight/trait.h"
#include "insight/trend_steps.h"
#include "insight/wording.h"

// What changed where a series stepped.
namespace comfytrace::insight {
namespace {

using base::Result;

constexpr std::size_t kWindow = 50;    // runs on each side that are looked at
constexpr double kExplains = 0.5;      // below it a switch is not mentioned
constexpr double kMentioned = 0.8;     // of the best: named in the sentence too
constexpr std::size_t kRead = 4;       // runs on each side that are read whole
constexpr std::size_t kStepsRead = 5;  // newest steps for which runs are read whole

struct Window {
  std::span<const TrendRun> runs;
  std::size_t at = 0;  // first run of the new level
};

// What a like-for-like series holds equal cannot have made it step.
bool is_held(const Trait& trait, bool like_for_like) {
  return like_for_like && (trait.kind == TraitKind::work || trait.what == "worker" ||
                           (trait.kind == TraitKind::circumstance && trait.held_from.has_value()));
}

struct Share {
  double before = 0;
  double after = 0;
  const history::RunFacts* first = nullptr;  // that has the value
};

// How well "has this value" tells the runs after the step from those before: 1 always, 0 not at all (Youden's J).
std::optional<WhatChanged> switch_of(const Trait& trait, const Window& window) {
  std::map<std::string, Share> shares;
  std::vector<const Share*> of_run;  // null: not known
  of_run.reserve(window.runs.size());
  double known_before = 0;
  double known_after = 0;
  for (std::size_t i = 0; i < window.runs.size(); ++i) {
    const history::RunFacts& run = *window.runs[i].kind;
    std::string value = trait.value(run);
    if (value.empty()) {
      of_run.push_back(nullptr);
      continue;
    }
    Share& share = shares[std::move(value)];
    if (!share.first) share.first = &run;
    of_run.push_back(&share);
    (i < window.at ? known_before : known_after) += 1;
    (i < window.at ? share.before : share.after) += 1;
  }
  const auto n_before = static_cast<double>(window.at);
  const double n_after = static_cast<double>(window.runs.size()) - n_before;
  if (known_before * 2 < n_before || known_after * 2 < n_after || known_before == 0 || known_after == 0)
    return std::nullopt;
  const auto gain = [&](const Share& share) { return share.after / known_after - share.before / known_before; };
  const auto after =
      std::ranges::max_element(shares, [&](const auto& a, const auto& b) { return gain(a.second) < gain(b.second); });
  const auto before =
      std::ranges::min_element(shares, [&](const auto& a, const auto& b) { return gain(a.second) < gain(b.second); });
  if (before == after || gain(after->second) < kExplains) return std::nullopt;
  WhatChanged changed{std::string(trait.what), trait.words(*before->second.first), trait.words(*after->second.first), 0,
                      gain(after->second)};
  // The split that the new value draws best, for the switch may lie some runs beside the step.
  std::ptrdiff_t score = 0;
  std::ptrdiff_t best = 0;
  std::size_t split = 0;
  for (std::size_t i = 0; i < window.runs.size(); ++i) {
    if (i == 0 || score > best) {
      best = score;
      split = i;
    }
    score += of_run[i] == &after->second ? -1 : 1;
  }
  changed.at_ms = window.runs[split].created_at_ms;
  return changed;
}

// The rows that the facts of a run do not hold, of one run.
using Rows = std::map<std::string_view, std::string>;

Rows rows_of(const model::Run& run, bool like_for_like) {
  Rows rows;
  if (run.scenes.empty()) return rows;
  const auto add = [&](const std::vector<TextRow>& of) {
    for (const TextRow& row : of) {
      if (!row.may_explain || !row.value) continue;
      const bool is_trait = std::ranges::any_of(run_traits(), [&](const Trait& t) { return t.what == row.name; });
      if (!is_trait) rows.emplace(row.name, *row.value);
    }
  };
  if (like_for_like) {
    // Of the same work only the knobs that the like-for-like key does not hold can differ.
    for (const TextRow& row : parameter_rows(run.scenes.front())) {
      const bool is_knob =
          row.name == "sampler" || row.name == "scheduler" || row.name == "cfg" || row.name == "denoise";
      if (is_knob && row.value) rows.emplace(row.name, *row.value);
    }
  } else {
    add(parameter_rows(run.scenes.front()));
  }
  add(environment_rows(run.scenes.front()));
  return rows;
}

struct Series {
  const history::RunHistoryReader& reader;
  const history::BriefRuns& runs;
  const TrendValues& values;
  bool like_for_like;

  [[nodiscard]] Result<std::vector<std::string>> run_ids(const std::vector<std::size_t>& of_values) const {
    std::vector<std::size_t> positions;
    for (const std::size_t i : of_values) positions.push_back(values.runs[i].position);
    return runs.run_ids(positions);
  }
};

// The nearest runs of the same workflow on one side of the step, read whole.
Result<std::vector<Rows>> read_side(const Series& series, std::size_t at, bool is_after) {
  const auto& runs = series.values.runs;
  const std::string& structure = runs[at].kind->key.structure;
  std::vector<Rows> side;
  for (std::size_t step = 0; side.size() < kRead && step < kWindow; ++step) {
    if (is_after ? at + step >= runs.size() : step >= at) break;
    const std::size_t i = is_after ? at + step : at - 1 - step;
    if (runs[i].kind->key.structure != structure) continue;
    const auto run_id = series.run_ids({i});
    if (!run_id) return run_id.error();
    const auto run = series.reader.get(run_id->front());
    if (!run) return run.error();
    if (*run) side.push_back(rows_of(**run, series.like_for_like));
  }
  return side;
}

Result<void> add_rows(const Series& series, std::size_t at, TrendStep& step) {
  const auto before = read_side(series, at, false);
  if (!before) return before.error();
  const auto after = read_side(series, at, true);
  if (!after) return after.error();
  if (before->empty() || after->empty()) return {};
  for (const auto& [name, value] : after->front()) {
    const std::string_view what = name;
    const std::string& new_value = value;
    const auto old = before->front().find(what);
    if (old == before->front().end() || old->second == new_value) continue;
    const auto all_have = [&](const std::vector<Rows>& side, const std::string& wanted) {
      return std::ranges::all_of(side, [&](const Rows& rows) {
        const auto found = rows.find(what);
        return found != rows.end() && found->second == wanted;
      });
    };
    if (!all_have(*before, old->second) || !all_have(*after, new_value)) continue;
    step.what_changed.push_back({std::string(what), old->second, new_value, step.at_ms, 1});
  }
  return {};
}

std::string size_words(const TrendStep& step, const TrendQuery& query) {
  const bool is_more = step.size > 0;
  switch (query.metric) {
    case Metric::duration:
      return percent_words(step.size) + (is_more ? " slower" : " faster");
    case Metric::vramPeak:
      return "VRAM peak " + percent_words(step.size) + (is_more ? " higher" : " lower");
    case Metric::queueWait:
      return "queue wait " + duration_words(std::abs(step.size)) + (is_more ? " longer" : " shorter");
    case Metric::successRate:
      break;
  }
  return "success rate " + percent_words(step.after_median) + " instead of " + percent_words(step.before_median);
}

std::string interval_words(const TrendStep& step, const TrendQuery& query) {
  if (!step.size_interval || is_linear(query.metric)) return "";
  const auto& interval = *step.size_interval;
  return "95 % interval " +
         (step.size > 0 ? percent_range_words(interval.low, interval.high)
                        : percent_range_words(-interval.high, -interval.low)) +
         ", ";
}

std::string sentence_of(const TrendStep& step, const TrendQuery& query) {
  std::string sentence = size_words(step, query) + " since " + day_words(step.at_ms, query.utc_offset_ms) + " (" +
                         interval_words(step, query) + count_words(step.n_before, "run") + " before, " +
                         std::to_string(step.n_after) + " after)";
  if (step.what_changed.empty()) return sentence + "; nothing that is recorded changed there";
  std::vector<std::string> changes;
  for (const WhatChanged& one : step.what_changed) {
    if (one.explains_ratio < kMentioned * step.what_changed.front().explains_ratio) break;
    changes.push_back(one.what + " went from " + one.before + " to " + one.after);
  }
  return sentence + "; there " + list_words(changes, 3);
}

}  // namespace

Result<void> explain_steps(const history::RunHistoryReader& reader, const history::BriefRuns& runs,
                           const TrendValues& values, const TrendQuery& query, StepSearch& search) {
  const bool like_for_like =
      query.like_for_like && (query.metric == Metric::duration || query.metric == Metric::vramPeak);
  const Series series{reader, runs, values, like_for_like};
  auto run_ids = series.run_ids(search.run_index);
  if (!run_ids) return run_ids.error();
  for (std::size_t i = 0; i < search.steps.size(); ++i) {
    TrendStep& step = search.steps[i];
    step.run_id = std::move((*run_ids)[i]);
    const std::size_t at = search.run_index[i];
    const std::size_t before = std::min({at, kWindow, static_cast<std::size_t>(step.n_before)});
    const std::size_t after = std::min({values.runs.size() - at, kWindow, static_cast<std::size_t>(step.n_after)});
    const Window window{std::span(values.runs).subspan(at - before, before + after), before};
    for (const Trait& trait : run_traits()) {
      if (is_held(trait, like_for_like)) continue;
      if (auto changed = switch_of(trait, window)) step.what_changed.push_back(std::move(*changed));
    }
    if (search.steps.size() - i <= kStepsRead) {
      if (auto done = add_rows(series, at, step); !done) return done;
    }
    std::ranges::stable_sort(step.what_changed, std::ranges::greater(), &WhatChanged::explains_ratio);
    step.sentence = sentence_of(step, query);
  }
  return {};
}

}  // namespace comfytrace::insight

#include <algorithm>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
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

// What runs have of a trait, by their kind: each value is made once and then has a number.
class TraitValues {
 public:
  static constexpr std::int32_t kUnknown = -1;

  TraitValues(const Trait& trait, const std::vector<history::RunFacts>& kinds)
      : trait_(trait), kinds_(kinds), of_kind_(kinds.size(), kNotAsked) {}

  [[nodiscard]] const Trait& trait() const { return trait_; }
  [[nodiscard]] std::size_t size() const { return texts_.size(); }
  [[nodiscard]] const std::string& text(std::size_t number) const { return *texts_[number]; }
  [[nodiscard]] std::int32_t of(const history::RunFacts& kind) {
    std::int32_t& number = of_kind_[static_cast<std::size_t>(&kind - kinds_.data())];
    if (number == kNotAsked) number = number_of(trait_.value(kind));
    return number;
  }

 private:
  static constexpr std::int32_t kNotAsked = -2;
  std::int32_t number_of(std::string value) {
    if (value.empty()) return kUnknown;
    const auto [at, is_new] = numbers_.try_emplace(std::move(value), static_cast<std::int32_t>(texts_.size()));
    if (is_new) texts_.push_back(&at->first);
    return at->second;
  }

  const Trait& trait_;
  const std::vector<history::RunFacts>& kinds_;
  std::vector<std::int32_t> of_kind_;
  std::unordered_map<std::string, std::int32_t> numbers_;
  std::vector<const std::string*> texts_;  // by number
};

struct Share {
  double before = 0;
  double after = 0;
  const history::RunFacts* first = nullptr;  // that has the value
};

// How well "has this value" tells the runs after the step from those before: 1 always, 0 not at all (Youden's J).
std::optional<WhatChanged> switch_of(TraitValues& values, const Window& window) {
  std::vector<std::int32_t> of_run;
  of_run.reserve(window.runs.size());
  for (const TrendRun& run : window.runs) of_run.push_back(values.of(*run.kind));
  std::vector<Share> shares(values.size());
  double known_before = 0;
  double known_after = 0;
  for (std::size_t i = 0; i < of_run.size(); ++i) {
    if (of_run[i] == TraitValues::kUnknown) continue;
    Share& share = shares[static_cast<std::size_t>(of_run[i])];
    if (!share.first) share.first = window.runs[i].kind;
    (i < window.at ? known_before : known_after) += 1;
    (i < window.at ? share.before : share.after) += 1;
  }
  const auto n_before = static_cast<double>(window.at);
  const double n_after = static_cast<double>(window.runs.size()) - n_before;
  if (known_before * 2 < n_before || known_after * 2 < n_after || known_before == 0 || known_after == 0)
    return std::nullopt;
  const auto gain = [&](std::size_t number) {
    return shares[number].after / known_after - shares[number].before / known_before;
  };
  // Of equal gains the first by text counts.
  std::optional<std::size_t> after;
  std::optional<std::size_t> before;
  for (std::size_t number = 0; number < shares.size(); ++number) {
    if (!shares[number].first) continue;
    const auto is_ahead = [&](std::size_t of, double by) {
      return by > 0 || (by == 0 && values.text(number) < values.text(of));
    };
    if (!after || is_ahead(*after, gain(number) - gain(*after))) after = number;
    if (!before || is_ahead(*before, gain(*before) - gain(number))) before = number;
  }
  if (before == after || gain(*after) < kExplains) return std::nullopt;
  const Trait& trait = values.trait();
  WhatChanged changed{std::string(trait.what), trait.words(*shares[*before].first), trait.words(*shares[*after].first),
                      0, gain(*after)};
  // The split that the new value draws best, for the switch may lie some runs beside the step.
  std::ptrdiff_t score = 0;
  std::ptrdiff_t best = 0;
  std::size_t split = 0;
  for (std::size_t i = 0; i < window.runs.size(); ++i) {
    if (i == 0 || score > best) {
      best = score;
      split = i;
    }
    score += of_run[i] == static_cast<std::int32_t>(*after) ? -1 : 1;
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

// The nearest runs of the same workflow on one side of a step, read whole one after the other.
class Side {
 public:
  Side(const Series& series, std::size_t at, bool is_after) : series_(series), at_(at), is_after_(is_after) {}

  // std::nullopt: there are no more.
  [[nodiscard]] Result<std::optional<Rows>> next() {
    while (read_ < kRead) {
      if (looked_up_ == run_ids_.size()) {
        if (auto done = look_up(); !done) return done.error();
        if (run_ids_.empty()) break;
      }
      const auto run = series_.reader.get(run_ids_[looked_up_++]);
      if (!run) return run.error();
      if (!*run) continue;
      ++read_;
      return std::optional(rows_of(**run, series_.like_for_like));
    }
    return std::optional<Rows>();
  }

 private:
  // One after the other takes longer; but of most steps no more than the nearest run is read.
  [[nodiscard]] Result<void> look_up() {
    const auto& runs = series_.values.runs;
    const std::size_t wanted = read_ == 0 ? 1 : kRead - read_;
    std::vector<std::size_t> found;
    for (; found.size() < wanted && step_ < kWindow; ++step_) {
      if (is_after_ ? at_ + step_ >= runs.size() : step_ >= at_) break;
      const std::size_t i = is_after_ ? at_ + step_ : at_ - 1 - step_;
      if (runs[i].kind->key.structure == runs[at_].kind->key.structure) found.push_back(i);
    }
    looked_up_ = 0;
    run_ids_.clear();
    if (found.empty()) return {};
    auto run_ids = series_.run_ids(found);
    if (!run_ids) return run_ids.error();
    run_ids_ = std::move(*run_ids);
    return {};
  }

  const Series& series_;
  std::size_t at_;
  bool is_after_;
  std::vector<std::string> run_ids_;
  std::size_t looked_up_ = 0;  // of those, how many were read
  std::size_t step_ = 0;
  std::size_t read_ = 0;
};

// Takes out what a run does not have, one after the other until there is nothing left.
Result<void> keep_common(Side& side, Rows& rows) {
  while (!rows.empty()) {
    const auto more = side.next();
    if (!more) return more.error();
    if (!*more) return {};
    std::erase_if(rows, [&](const auto& row) {
      const auto found = (*more)->find(row.first);
      return found == (*more)->end() || found->second != row.second;
    });
  }
  return {};
}

// What all runs read before the step had in common, and all after it, but not with those.
Result<void> add_rows(const Series& series, std::size_t at, TrendStep& step) {
  Side before(series, at, false);
  Side after(series, at, true);
  auto old = before.next();
  if (!old) return old.error();
  if (!*old) return {};
  auto now = after.next();
  if (!now) return now.error();
  if (!*now) return {};
  const auto differ = [](Rows& rows, const Rows& others) {
    std::erase_if(rows, [&](const auto& row) {
      const auto found = others.find(row.first);
      return found == others.end() || found->second == row.second;
    });
  };
  differ(**now, **old);
  if (auto done = keep_common(after, **now); !done) return done;
  differ(**old, **now);
  if (auto done = keep_common(before, **old); !done) return done;
  for (const auto& [what, value] : **now) {
    if (const auto found = (*old)->find(what); found != (*old)->end())
      step.what_changed.push_back({std::string(what), found->second, value, step.at_ms, 1});
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

Window window_of(const TrendValues& values, const StepSearch& search, std::size_t i) {
  const TrendStep& step = search.steps[i];
  const std::size_t at = search.run_index[i];
  const std::size_t before = std::min({at, kWindow, static_cast<std::size_t>(step.n_before)});
  const std::size_t after = std::min({values.runs.size() - at, kWindow, static_cast<std::size_t>(step.n_after)});
  return {std::span(values.runs).subspan(at - before, before + after), before};
}

bool is_of_work(const TrendQuery& query) {
  return query.like_for_like && (query.metric == Metric::duration || query.metric == Metric::vramPeak);
}

}  // namespace

std::vector<std::vector<WhatChanged>> switches_at(const history::BriefRuns& runs, const TrendValues& values,
                                                  const TrendQuery& query, const StepSearch& search) {
  std::vector<std::vector<WhatChanged>> switches(search.steps.size());
  if (switches.empty()) return switches;
  for (const Trait& trait : run_traits()) {
    if (is_held(trait, is_of_work(query))) continue;
    TraitValues of_runs(trait, runs.kinds);
    for (std::size_t i = 0; i < switches.size(); ++i) {
      if (auto changed = switch_of(of_runs, window_of(values, search, i))) switches[i].push_back(std::move(*changed));
    }
  }
  return switches;
}

Result<void> read_steps(const history::RunHistoryReader& reader, const history::BriefRuns& runs,
                        const TrendValues& values, const TrendQuery& query, StepSearch& search) {
  const Series series{reader, runs, values, is_of_work(query)};
  auto run_ids = series.run_ids(search.run_index);
  if (!run_ids) return run_ids.error();
  for (std::size_t i = 0; i < search.steps.size(); ++i) {
    search.steps[i].run_id = std::move((*run_ids)[i]);
    if (search.steps.size() - i > kStepsRead) continue;
    if (auto done = add_rows(series, search.run_index[i], search.steps[i]); !done) return done;
  }
  return {};
}

void explain_steps(std::vector<std::vector<WhatChanged>> switches, const TrendQuery& query, StepSearch& search) {
  for (std::size_t i = 0; i < search.steps.size(); ++i) {
    TrendStep& step = search.steps[i];
    step.what_changed.insert(step.what_changed.begin(), std::make_move_iterator(switches[i].begin()),
                             std::make_move_iterator(switches[i].end()));
    std::ranges::stable_sort(step.what_changed, std::ranges::greater(), &WhatChanged::explains_ratio);
    step.sentence = sentence_of(step, query);
  }
}

}  // namespace comfytrace::insight

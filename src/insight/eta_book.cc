#include "insight/eta_book.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "history/run_facts.h"

namespace comfytrace::insight {
namespace {

using history::WorkKey;

// Scenes are like each other in structure, models, size and device; what was cached is not known before it runs.
WorkKey kind_of(const history::SceneFacts& facts) {
  WorkKey key = facts.key;
  key.executed.clear();
  key.is_cold.reset();
  return key;
}

std::string text_of(const WorkKey& key) {
  return key.structure + '\n' + key.models + '\n' + (key.work_size ? std::to_string(*key.work_size) : "") + '\n' +
         key.device;
}

}  // namespace

struct EtaBook::Impl : std::enable_shared_from_this<EtaBook::Impl> {
  struct Past {
    WorkKey key;
    std::optional<EtaPast> past;  // absent: being read, or could not be
    bool loading = false;
    bool stale = true;
    std::int64_t asked_at_ms = 0;
    bool was_asked = false;
    std::uint64_t used = 0;
  };
  // The first claim made while an attempt executed, kept until the truth is known.
  struct Promise {
    std::int64_t made_at_ms = 0;
    stats::Interval remaining;
  };
  struct OpenRun {
    model::Run run;
    std::vector<std::string> kinds;           // of its scenes
    std::map<std::string, Promise> promises;  // by prompt
  };

  Load load;
  Options options;
  std::map<std::string, Past> pasts;
  std::map<std::string, OpenRun, std::less<>> runs;
  stats::CoverageCounter counter;
  std::uint64_t uses = 0;

  // nullptr while it is not known.
  const EtaPast* past_of(const std::string& kind, std::int64_t now_ms) {
    const auto at = pasts.find(kind);
    if (at == pasts.end()) return nullptr;
    Past& past = at->second;
    past.used = ++uses;
    const std::int64_t pause_ms = past.past ? options.refresh_ms : options.retry_ms;
    const bool may_ask = !past.was_asked || now_ms - past.asked_at_ms >= pause_ms || now_ms < past.asked_at_ms;
    if ((past.stale || !past.past) && !past.loading && may_ask) ask(kind, past, now_ms);
    const auto again = pasts.find(kind);  // an answer that came at once may have changed the map
    return again != pasts.end() && again->second.past ? &*again->second.past : nullptr;
  }

  void ask(const std::string& kind, Past& past, std::int64_t now_ms) {
    past.loading = true;
    past.stale = false;
    past.was_asked = true;
    past.asked_at_ms = now_ms;
    const WorkKey key = past.key;
    const std::weak_ptr<Impl> weak = weak_from_this();
    load(key, [weak, kind](base::Result<EtaPast> read) {
      const auto self = weak.lock();
      if (!self) return;
      const auto at = self->pasts.find(kind);
      if (at == self->pasts.end()) return;
      at->second.loading = false;
      if (read) at->second.past = std::move(*read);
    });
  }

  void know(const std::string& kind, const WorkKey& key) {
    const auto [at, is_new] = pasts.try_emplace(kind);
    if (!is_new) return;
    at->second.key = key;
    at->second.used = ++uses;
    if (pasts.size() <= options.max_pasts) return;
    const auto oldest =
        std::ranges::min_element(pasts, [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    pasts.erase(oldest);
  }

  // Scores what was promised of attempts that have ended; only of those that ended well, for others never came to it.
  void settle(OpenRun& open, const model::Run& run) {
    for (const auto& scene : run.scenes) {
      for (const auto& attempt : scene.attempts) {
        const auto at = open.promises.find(attempt.prompt_id);
        if (at == open.promises.end() || model::is_open(attempt.status)) continue;
        if (attempt.status == model::Status::success && attempt.finished_at_ms)
          counter.add(at->second.remaining,
                      static_cast<double>(*attempt.finished_at_ms) - static_cast<double>(at->second.made_at_ms));
        open.promises.erase(at);
      }
    }
  }

  void promise(OpenRun& open, const model::Attempt& attempt, const Eta& eta, std::int64_t now_ms) {
    if (attempt.status != model::Status::executing || !eta.remaining_low_ms) return;
    open.promises.try_emplace(attempt.prompt_id, Promise{now_ms,
                                                         {static_cast<double>(*eta.remaining_low_ms),
                                                          static_cast<double>(*eta.remaining_high_ms), kEtaLevel}});
  }

  Eta eta_of(OpenRun& open, std::size_t scene, std::int64_t now_ms) {
    const EtaPast* past = past_of(open.kinds[scene], now_ms);
    if (!past) {
      Eta eta;
      eta.reason = "the past of such scenes is being read";
      return eta;
    }
    const model::Scene& of = open.run.scenes[scene];
    Eta eta = estimate_scene(of, *past, now_ms);
    if (!of.attempts.empty()) promise(open, of.attempts.back(), eta, now_ms);
    return eta;
  }
};

namespace {

struct Waiting {
  std::string run_id;
  std::size_t scene = 0;
  const model::Attempt* attempt = nullptr;
  Eta eta;
};

// The sum of what several scenes still need, one after the other: medians add up, and so do the squares of the half
// widths, for the scenes are independent of each other.
struct Sum {
  double median = 0, low_square = 0, high_square = 0;
  std::int64_t n = 0;
  bool known = true;
  std::string reason;

  void add(const Eta& eta) {
    if (!eta.remaining_ms) {
      known = false;
      if (reason.empty()) reason = eta.reason;
      return;
    }
    const auto middle = static_cast<double>(*eta.remaining_ms);
    median += middle;
    low_square += std::pow(middle - static_cast<double>(*eta.remaining_low_ms), 2);
    high_square += std::pow(static_cast<double>(*eta.remaining_high_ms) - middle, 2);
    n = n == 0 ? eta.n : std::min(n, eta.n);
  }
  [[nodiscard]] Eta eta(std::int64_t now_ms, EtaBasis basis) const {
    Eta sum;
    sum.n = n;
    sum.reason = reason;
    if (!known) return sum;
    sum.basis = basis;
    sum.remaining_ms = std::llround(median);
    sum.remaining_low_ms = std::max<std::int64_t>(0, std::llround(median - std::sqrt(low_square)));
    sum.remaining_high_ms = std::llround(median + std::sqrt(high_square));
    sum.done_at_ms = now_ms + *sum.remaining_ms;
    return sum;
  }
};

// What executes first, then by the worker's own numbers, then by when it was queued.
bool is_before(const Waiting& a, const Waiting& b) {
  const auto rank = [](const Waiting& of) {
    return std::tuple(of.attempt->status != model::Status::executing, of.attempt->queue_number.value_or(1e300),
                      of.attempt->queued_at_ms.value_or(0), of.run_id, of.scene);
  };
  return rank(a) < rank(b);
}

}  // namespace

EtaBook::EtaBook(Load load) : EtaBook(std::move(load), Options{}) {}
EtaBook::EtaBook(Load load, Options options) : impl_(std::make_shared<Impl>()) {
  impl_->load = std::move(load);
  impl_->options = options;
}
EtaBook::~EtaBook() = default;

void EtaBook::run_changed(const model::Run& run, std::int64_t now_ms) {
  const auto known = impl_->runs.find(run.run_id);
  if (known != impl_->runs.end()) impl_->settle(known->second, run);
  const history::RunFacts facts = history::facts_of(run);
  if (!model::is_open(run.status)) {
    for (std::size_t i = 0; i < run.scenes.size(); ++i) {
      const auto past = impl_->pasts.find(text_of(kind_of(facts.scenes[i])));
      if (past != impl_->pasts.end()) past->second.stale = true;
    }
    if (known != impl_->runs.end()) impl_->runs.erase(known);
    return;
  }
  Impl::OpenRun& open = impl_->runs[run.run_id];
  open.run = run;
  open.kinds.clear();
  for (std::size_t i = 0; i < run.scenes.size(); ++i) {
    const WorkKey key = kind_of(facts.scenes[i]);
    open.kinds.push_back(text_of(key));
    impl_->know(open.kinds.back(), key);
    const auto& scene = run.scenes[i];
    // The first claim is made when it begins, whether anybody looks or not: what is scored must not depend on that.
    if (!scene.attempts.empty() && scene.attempts.back().status == model::Status::executing &&
        !open.promises.contains(scene.attempts.back().prompt_id))
      static_cast<void>(impl_->eta_of(open, i, now_ms));
  }
}

void EtaBook::run_deleted(std::string_view run_id) {
  const auto at = impl_->runs.find(run_id);
  if (at != impl_->runs.end()) impl_->runs.erase(at);
}

std::optional<Eta> EtaBook::scene(std::string_view run_id, std::string_view scene_id, std::int64_t now_ms) {
  const auto at = impl_->runs.find(run_id);
  if (at == impl_->runs.end()) return std::nullopt;
  auto& scenes = at->second.run.scenes;
  const auto scene = std::ranges::find(scenes, scene_id, &model::Scene::scene_id);
  if (scene == scenes.end() || !model::is_open(scene->status)) return std::nullopt;
  return impl_->eta_of(at->second, static_cast<std::size_t>(scene - scenes.begin()), now_ms);
}

EtaReport EtaBook::report(std::int64_t now_ms) {
  std::map<std::string, std::vector<Waiting>> by_worker;
  for (auto& [run_id, open] : impl_->runs) {
    for (std::size_t i = 0; i < open.run.scenes.size(); ++i) {
      const model::Scene& scene = open.run.scenes[i];
      if (!model::is_open(scene.status) || scene.attempts.empty()) continue;
      const model::Attempt& attempt = scene.attempts.back();
      by_worker[attempt.worker_id].push_back({run_id, i, &attempt, impl_->eta_of(open, i, now_ms)});
    }
  }
  EtaReport report;
  report.score = score_of(impl_->counter);
  std::map<std::string, RunEta> runs;
  for (auto& [worker_id, waiting] : by_worker) {
    std::ranges::sort(waiting, is_before);
    Sum sum;
    QueueEta queue;
    queue.worker_id = worker_id;
    for (Waiting& one : waiting) {
      SceneEta scene{
          impl_->runs.at(one.run_id).run.scenes[one.scene].scene_id, one.attempt->prompt_id, worker_id, {}, {}};
      if (one.attempt->status != model::Status::executing && sum.known)
        scene.starts_at_ms = now_ms + std::llround(sum.median);
      queue.scenes_unknown += !one.eta.remaining_ms;
      ++queue.scenes;
      sum.add(one.eta);
      scene.eta = sum.eta(now_ms, one.eta.basis);
      scene.eta.level = one.eta.level;
      scene.eta.needed = one.eta.needed;
      scene.eta.steps_per_second = one.eta.steps_per_second;
      RunEta& run = runs[one.run_id];
      run.run_id = one.run_id;
      run.scenes.push_back(std::move(scene));
    }
    queue.eta = sum.eta(now_ms, EtaBasis::attempts);
    report.queues.push_back(std::move(queue));
  }
  for (auto& [run_id, run] : runs) {
    // Done when the last of its scenes is, on whichever worker; unknown if one of them is.
    const Eta* last = nullptr;
    for (const SceneEta& scene : run.scenes) {
      if (!scene.eta.remaining_ms) {
        last = &scene.eta;
        break;
      }
      if (!last || *scene.eta.remaining_ms > *last->remaining_ms) last = &scene.eta;
    }
    if (last) run.eta = *last;
    report.runs.push_back(std::move(run));
  }
  return report;
}

std::optional<RunEta> EtaBook::run(std::string_view run_id, std::int64_t now_ms) {
  if (!impl_->runs.contains(run_id)) return std::nullopt;
  EtaReport all = report(now_ms);
  const auto at = std::ranges::find(all.runs, run_id, &RunEta::run_id);
  if (at == all.runs.end()) return std::nullopt;
  return std::move(*at);
}

EtaScore EtaBook::score() const {
  return score_of(impl_->counter);
}

}  // namespace comfytrace::insight

#include "app/insight_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/memory.h"
#include "insight/recommendation_engine.h"

namespace comfytrace::app {
namespace {

// Soon after a run has ended, so that a burst of them is one look; and now and then, as time alone changes answers.
constexpr std::int64_t kAfterARun_ms = 5'000;
constexpr std::int64_t kNowAndThen_ms = 10 * 60'000;
// A scene's estimate is made anew at most so often: progress comes many times a second, and an estimate costs more than
// all else that is done about it.
constexpr std::int64_t kEstimateAnew_ms = 1'000;
// Runs whose end we saw and that are not durable yet.
constexpr std::size_t kEndedKept = 10'000;

}  // namespace

struct InsightDesk::Impl : std::enable_shared_from_this<InsightDesk::Impl> {
  explicit Impl(Parts given)
      : parts(std::move(given)),
        timer(parts.io),
        book([this](const history::WorkKey& key, insight::EtaBook::Done done) { load(key, std::move(done)); }) {}

  // Asks on a reader's thread and hands the answer back to this one, unless we are gone by then.
  template <class T>
  bool ask(std::function<base::Result<T>(const history::RunHistoryReader&)> question,
           std::function<void(base::Result<T>)> then) {
    return parts.pool.post([io = &parts.io, self = weak_from_this(), question = std::move(question),
                            then = std::move(then)](const history::RunHistoryReader& reader) {
      auto shared = std::make_shared<base::Result<T>>(question(reader));
      net::asio::post(*io, [self, then, shared] {
        if (self.lock()) then(std::move(*shared));
      });
    });
  }

  void load(const history::WorkKey& key, insight::EtaBook::Done done) {
    const bool asked = ask<insight::EtaPast>(
        [key](const history::RunHistoryReader& reader) { return insight::load_eta_past(reader, key); },
        [this, done](base::Result<insight::EtaPast> past) {
          done(std::move(past));
          estimates.clear();
          if (parts.estimates_changed) parts.estimates_changed();
        });
    if (!asked) done(base::Error{base::ErrorCode::unavailable, "too many questions wait"});
  }

  void look_within(std::int64_t ms) {
    const auto at = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    if (stopped || (timer_set && timer.expiry() <= at)) return;
    timer_set = true;
    timer.expires_at(at);
    timer.async_wait([this, self = weak_from_this()](const net::error_code& problem) {
      if (problem || !self.lock()) return;
      timer_set = false;
      look();
    });
  }

  void look() {
    look_within(kNowAndThen_ms);
    if (std::exchange(looking, true)) return;
    insight::RuleInput input;
    input.now_ms = parts.clock.now_ms();
    input.settings = parts.rules;
    const bool asked = ask<insight::RecommendationChanges>(
        [input](const history::RunHistoryReader& reader) {
          auto changes = insight::update_recommendations(reader, input);
          // It looks at thousands of runs, and then not for a while.
          base::return_freed_memory();
          return changes;
        },
        [this](base::Result<insight::RecommendationChanges> changes) {
          looking = false;
          if (!changes) return spdlog::warn("recommendations: {}", changes.error().sentence());
          for (history::Recommendation& one : changes->changed) parts.writer.save_recommendation(std::move(one), {});
        });
    if (!asked) looking = false;
  }

  void judge(const std::string& run_id) {
    if (!parts.run_deviates) return;
    (void)ask<insight::Deviations>(
        [run_id](const history::RunHistoryReader& reader) { return insight::deviations_of_run(reader, run_id); },
        [this](const base::Result<insight::Deviations>& found) {
          if (found && !found->deviations.empty()) parts.run_deviates(*found);
        });
  }

  // `remaining` as of now of an estimate that is `age_ms` old.
  static std::optional<std::int64_t> aged(const std::optional<std::int64_t>& remaining, std::int64_t age_ms) {
    return remaining ? std::optional(std::max<std::int64_t>(0, *remaining - age_ms)) : std::nullopt;
  }

  void forget_estimates(std::string_view run_id) {
    std::erase_if(estimates, [&](const auto& entry) { return entry.first.first == run_id; });
  }

  struct Estimate {
    std::optional<std::int64_t> made_steady_ms;    // absent: not yet
    model::Status status = model::Status::queued;  // of the scene then
    std::optional<insight::Eta> eta;
  };
  Parts parts;
  std::map<std::pair<std::string, std::string>, Estimate> estimates;  // by run and scene, of open runs
  net::asio::steady_timer timer;
  insight::EtaBook book;
  std::set<std::string, std::less<>> ended;
  bool timer_set = false;
  bool looking = false;
  bool stopped = false;
};

InsightDesk::InsightDesk(Parts parts) : impl_(std::make_shared<Impl>(std::move(parts))) {}
InsightDesk::~InsightDesk() = default;

void InsightDesk::start() {
  impl_->look_within(kAfterARun_ms);
}

void InsightDesk::stop() {
  impl_->stopped = true;
  impl_->timer.cancel();
}

void InsightDesk::run_changed(const model::Run& run) {
  impl_->book.run_changed(run, impl_->parts.clock.now_ms());
  if (model::is_open(run.status)) return;
  impl_->forget_estimates(run.run_id);
  if (impl_->ended.size() >= kEndedKept) impl_->ended.clear();
  impl_->ended.insert(run.run_id);
}

void InsightDesk::run_deleted(std::string_view run_id) {
  impl_->book.run_deleted(run_id);
  impl_->forget_estimates(run_id);
}

void InsightDesk::run_durable(std::string_view run_id) {
  const auto found = impl_->ended.find(run_id);
  if (found == impl_->ended.end()) return;
  impl_->judge(*found);
  impl_->ended.erase(found);
  impl_->look_within(kAfterARun_ms);
}

model::LiveScene InsightDesk::with_eta(model::LiveScene scene) {
  if (!model::is_open(scene.status)) return scene;
  const std::int64_t now_ms = impl_->parts.clock.steady_ms();
  Impl::Estimate& known = impl_->estimates[{scene.run_id, scene.scene_id}];
  if (!known.made_steady_ms || known.status != scene.status || now_ms - *known.made_steady_ms >= kEstimateAnew_ms) {
    known = {now_ms, scene.status, impl_->book.scene(scene.run_id, scene.scene_id, impl_->parts.clock.now_ms())};
  }
  if (!known.eta || known.eta->basis == insight::EtaBasis::none) return scene;
  // What waits does not come nearer to its own end by waiting.
  const std::int64_t age_ms = scene.status == model::Status::executing ? now_ms - *known.made_steady_ms : 0;
  scene.eta_ms = Impl::aged(known.eta->remaining_ms, age_ms);
  scene.eta_low_ms = Impl::aged(known.eta->remaining_low_ms, age_ms);
  scene.eta_high_ms = Impl::aged(known.eta->remaining_high_ms, age_ms);
  scene.eta_scenes = known.eta->n;
  return scene;
}

insight::EtaReport InsightDesk::eta() {
  return impl_->book.report(impl_->parts.clock.now_ms());
}

}  // namespace comfytrace::app

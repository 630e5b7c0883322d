#include "generate/generator.h"

#include "base/check.h"
#include "generate/facts_maker.h"
#include "generate/planner.h"
#include "generate/run_maker.h"

namespace comfytrace::generate {

struct Generator::Impl {
  explicit Impl(const Options& options) : planner(options) {}
  Planner planner;
  FactsMaker facts;
  const PlannedRun* last = nullptr;
};

Generator::Generator(const Options& options) {
  CHECK(check(options));
  impl_ = std::make_unique<Impl>(options);
}

Generator::~Generator() = default;

std::optional<model::Run> Generator::next() {
  impl_->last = impl_->planner.next();
  if (impl_->last == nullptr) return std::nullopt;
  return run_of(*impl_->last);
}

std::optional<history::RunFacts> Generator::next_facts() {
  impl_->last = impl_->planner.next();
  if (impl_->last == nullptr) return std::nullopt;
  return impl_->facts.facts_of(*impl_->last);
}

std::vector<history::SampleSeries> Generator::samples() const {
  std::vector<history::SampleSeries> all;
  if (impl_->last == nullptr) return all;
  for (const PlannedScene& scene : impl_->last->scenes) {
    for (const PlannedAttempt& attempt : scene.attempts) {
      history::SampleSeries series;
      series.samples = samples_of(*impl_->last, attempt);
      if (series.samples.empty()) continue;
      series.run_id = uuid_of(impl_->last->run_id.high, impl_->last->run_id.low);
      series.prompt_id = uuid_of(attempt.prompt_id.high, attempt.prompt_id.low);
      all.push_back(std::move(series));
    }
  }
  return all;
}

std::vector<model::Worker> Generator::workers() const {
  std::vector<model::Worker> all;
  for (const WorkerPlan& plan : impl_->planner.workers()) all.push_back(plan.worker);
  return all;
}

const std::vector<Truth>& Generator::truths() const {
  return impl_->planner.truths();
}

History history_of(const Options& options) {
  History history;
  Generator generator(options);
  history.runs.reserve(static_cast<std::size_t>(options.runs));
  while (auto run = generator.next()) history.runs.push_back(std::move(*run));
  history.workers = generator.workers();
  history.truths = generator.truths();
  return history;
}

Facts facts(const Options& options) {
  Facts all;
  Generator generator(options);
  all.runs.reserve(static_cast<std::size_t>(options.runs));
  while (auto run = generator.next_facts()) all.runs.push_back(std::move(*run));
  all.truths = generator.truths();
  return all;
}

}  // namespace comfytrace::generate

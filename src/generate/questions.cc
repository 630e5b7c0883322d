#include "generate/questions.h"

#include <algorithm>
#include <set>

#include "generate/catalogue.h"
#include "generate/facts_table.h"
#include "generate/generator.h"

namespace comfytrace::generate {
namespace {

using history::RunFilter;
using model::Status;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;
constexpr std::int64_t kKeysFrom = 2000;  // runs at the start of a history whose keys are asked for

template <class T>
const T& one_of(Random& random, const std::vector<T>& list) {
  return list[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(list.size())))];
}

template <class T>
std::vector<T> some_of(Random& random, const std::vector<T>& list) {
  std::vector<T> chosen;
  for (std::int64_t i = 1 + random.below(3); i > 0; --i) {
    const T& one = one_of(random, list);
    if (std::ranges::find(chosen, one) == chosen.end()) chosen.push_back(one);
  }
  return chosen;
}

std::int64_t whole(double value) {
  return static_cast<std::int64_t>(value);
}

void random_dates(Random& random, const FilterValues& values, RunFilter& filter) {
  const std::int64_t span = values.to_ms - values.from_ms;
  const std::int64_t length = std::max<std::int64_t>(1, span / (1 + random.below(20)));
  filter.from_ms = values.from_ms + random.below(std::max<std::int64_t>(1, span - length / 2));
  if (random.chance(0.7)) filter.to_ms = *filter.from_ms + length;
}

// Times of seconds to hours, as many of each.
std::int64_t random_duration_ms(Random& random) {
  return whole(500 * exp_of(random.uniform() * 7));
}

void add_criterion(Random& random, const FilterValues& values, RunFilter& filter) {
  switch (random.below(10)) {
    case 0:
      filter.workflows = some_of(random, values.workflows);
      return;
    case 1:
      filter.models = some_of(random, values.models);
      return;
    case 2:
      filter.gpus = some_of(random, values.gpus);
      return;
    case 3:
      filter.worker_ids = some_of(random, values.worker_ids);
      return;
    case 4:
      filter.statuses = some_of<Status>(
          random, {Status::success, Status::failed, Status::cancelled, Status::partial, Status::timeout});
      return;
    case 5:
      return random_dates(random, values, filter);
    case 6:
      filter.duration_min_ms = random_duration_ms(random);
      if (random.chance(0.5)) filter.duration_max_ms = *filter.duration_min_ms * (2 + random.below(10));
      return;
    case 7:
      filter.vram_peak_min_bytes = (2 + random.below(12)) * kGiB;
      if (random.chance(0.5)) filter.vram_peak_max_bytes = *filter.vram_peak_min_bytes + random.below(8) * kGiB;
      return;
    case 8:
      filter.attempts_min = 1 + random.below(4);
      if (random.chance(0.5)) filter.attempts_max = *filter.attempts_min + random.below(3);
      return;
    default:
      filter.tags = some_of(random, values.tags);
  }
}

}  // namespace

FilterValues filter_values_of(const Options& options) {
  FilterValues values;
  std::set<std::string> tags{"keep", "draft", "nobody's"};
  std::set<std::string> models;
  std::set<std::string> gpus;
  for (const Workflow& workflow : workflows(options.workflows)) {
    values.workflows.push_back(workflow.name);
    tags.insert(workflow.user);
    if (!workflow.parameters.checkpoints.empty()) models.insert(workflow.parameters.checkpoints.front());
  }
  values.workflows.push_back("Nothing of that name");
  for (const WorkerPlan& worker : workers(options.workers, 0)) {
    values.worker_ids.push_back(worker.worker.worker_id);
    gpus.insert(worker.environment.device_name);
  }
  values.models.assign(models.begin(), models.end());
  if (values.models.empty()) values.models.push_back("none.safetensors");
  values.gpus.assign(gpus.begin(), gpus.end());
  values.tags.assign(tags.begin(), tags.end());
  values.to_ms = options.end_ms;
  values.from_ms = options.end_ms - whole(days_of(options) * static_cast<double>(kDayMs));
  return values;
}

RunFilter random_filter(Random& random, const FilterValues& values) {
  RunFilter filter;
  for (std::int64_t i = 1 + random.below(4); i > 0; --i) add_criterion(random, values, filter);
  return filter;
}

std::vector<Question> questions(const Options& options, std::int64_t per_kind) {
  Random random(options.seed, "questions");
  const FilterValues values = filter_values_of(options);
  std::vector<std::string> keys;
  Options first = options;
  first.days = days_of(options);
  Generator generator(first);
  for (std::int64_t i = 0; i < kKeysFrom; ++i) {
    const auto facts = generator.next_facts();
    if (!facts) break;
    if (const std::string key = like_text(facts->key); !key.empty()) keys.push_back(key);
  }
  if (keys.empty()) keys.push_back("none");

  std::vector<Question> all;
  for (std::int64_t i = 0; i < per_kind; ++i) {
    all.push_back({"Q1", QuestionKind::statistics, {}, "", 0});
    Question narrow{"Q2", QuestionKind::statistics, {}, "", 0};
    random_dates(random, values, narrow.filter);
    narrow.filter.workflows = {one_of(random, values.workflows)};
    narrow.filter.statuses = {random.chance(0.5) ? Status::success : Status::failed};
    all.push_back(narrow);
    Question gpu{"Q3", QuestionKind::statistics, {}, "", 0};
    gpu.filter.gpus = {one_of(random, values.gpus)};
    gpu.filter.duration_min_ms = random_duration_ms(random);
    gpu.filter.duration_max_ms = *gpu.filter.duration_min_ms * 8;
    all.push_back(gpu);
    Question days{"Q4", QuestionKind::days, {}, "", 0};
    days.filter.to_ms = values.to_ms - random.below(std::max<std::int64_t>(1, (values.to_ms - values.from_ms) / 2));
    days.filter.from_ms = *days.filter.to_ms - 90 * kDayMs;
    all.push_back(days);
    Question like{"Q5", QuestionKind::like, {}, one_of(random, keys), 50};
    like.filter.statuses = {Status::success};
    like.filter.to_ms = values.to_ms - random.below(std::max<std::int64_t>(1, (values.to_ms - values.from_ms) / 2));
    all.push_back(like);
    Question page{"Q6", QuestionKind::page, {}, "", 50};
    if (i % 2 == 1) page.filter.to_ms = values.from_ms + random.below(values.to_ms - values.from_ms);
    all.push_back(page);
    Question top{"Q8", QuestionKind::workflows, {}, "", 20};
    if (i % 2 == 1) random_dates(random, values, top.filter);
    all.push_back(top);
    for (int k = 0; k < 3; ++k) {
      all.push_back({"QA", QuestionKind::statistics, random_filter(random, values), "", 0});
    }
  }
  return all;
}

}  // namespace comfytrace::generate

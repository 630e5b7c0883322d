// The columns asked the questions of a generated history: its facts alone, in memory; the runs' ids in an SQLite file,
// from which they are fetched as in a history: those of an answer in one read transaction.
// mirror_bench FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]
// MIRROR_BENCH_EXACT=1: percentiles exact however many runs match, as the peers' are.

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <malloc.h>

#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/enum_names.h"
#include "base/uuid.h"
#include "history/columns/lookups.h"
#include "history/columns/statistics.h"
#include "question_answers.h"

namespace {

using namespace comfytrace;
using namespace comfytrace::history;
using bench::Answer;
using columns::ColumnStore;
using generate::Question;
using generate::QuestionKind;

constexpr std::int64_t kDayMs = 86'400'000;

double ms_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  if (text.empty()) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> list(std::string_view text) {
  if (text.empty()) return {};
  const auto parts = bench::fields_of(text, '|');
  return {parts.begin(), parts.end()};
}

// generate::like_text() read back.
WorkKey key_of(std::string_view text) {
  WorkKey key;
  const auto parts = bench::fields_of(text, '/');
  if (parts.size() < 6) return key;
  key.structure = parts[0];
  key.models = parts[1];
  key.work_size = number(parts[2]);
  key.scene_count = number(parts[3]).value_or(1);
  key.executed = parts.back();
  const auto before = static_cast<std::size_t>(parts[4].data() - text.data());
  key.device = text.substr(before, text.size() - before - parts.back().size() - 1);
  return key;
}

class FactsFile {
 public:
  explicit FactsFile(const std::string& path) : file_(path) {
    std::getline(file_, line_);
    const std::string header = line_;
    for (const std::string_view name : bench::fields_of(header)) names_.emplace_back(name);
  }
  bool next(RunFacts& facts) {
    if (!std::getline(file_, line_)) return false;
    fields_ = bench::fields_of(line_);
    facts = {};
    facts.run_id = field("run_id");
    facts.created_at_ms = count("created_at_ms");
    facts.status = base::enum_from_name<model::Status>(field("status")).value_or(model::Status::queued);
    facts.exit_reason = base::enum_from_name<model::ExitReason>(field("exit_reason"));
    facts.duration_ms = number(field("duration_ms"));
    facts.queue_wait_ms = number(field("queue_wait_ms"));
    facts.vram_peak_bytes = number(field("vram_peak_bytes"));
    facts.frames = number(field("frames"));
    facts.scene_count = count("scene_count");
    facts.scenes_succeeded = count("scenes_succeeded");
    facts.attempt_count = count("attempt_count");
    facts.attempts_out_of_memory = count("attempts_out_of_memory");
    facts.attempts_timed_out = count("attempts_timed_out");
    facts.fallback_count = count("fallback_count");
    facts.workflow_name = field("workflow_name");
    facts.fingerprint = field("fingerprint");
    facts.model = field("model");
    facts.models = list(field("models"));
    facts.worker_ids = list(field("worker_ids"));
    facts.devices = list(field("devices"));
    facts.comfyui_version = field("comfyui_version");
    facts.pytorch_version = field("pytorch_version");
    facts.story_id = field("story_id");
    facts.tags = list(field("tags"));
    facts.archived = count("archived") != 0;
    facts.key = key_of(field("like_key"));
    return true;
  }

 private:
  std::string_view field(const char* name) {
    // Asked for in the order of the table, so it is the next one.
    for (std::size_t i = 0; i < names_.size(); ++i, ++at_) {
      if (names_[at_ % names_.size()] == name) return fields_.at(at_++ % names_.size());
    }
    std::fprintf(stderr, "the table has no %s\n", name);
    std::exit(1);
  }
  std::int64_t count(const char* name) { return number(field(name)).value_or(0); }

  std::ifstream file_;
  std::string line_;
  std::vector<std::string> names_;
  std::vector<std::string_view> fields_;
  std::size_t at_ = 0;
};

class Mirror {
 public:
  Mirror(const std::string& facts, const std::string& ids, bool exact)
      : exact_(exact), database_(ids, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE) {
    database_.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA mmap_size = 4294967296");
    database_.exec("CREATE TABLE runs (rid INTEGER PRIMARY KEY, run_id BLOB) STRICT");
    SQLite::Transaction transaction(database_);
    SQLite::Statement insert(database_, "INSERT INTO runs VALUES (?, ?)");
    FactsFile file(facts);
    for (RunFacts run; file.next(run);) {
      if (!store_.append(++runs_, run)) std::exit(1);
      insert.bind(1, runs_);
      insert.bind(2, run.run_id.data(), static_cast<int>(run.run_id.size()));
      insert.exec();
      insert.reset();
    }
    transaction.commit();
    store_.publish();
    // As a server does soon after its start.
    for (std::size_t i = 0; i < store_.snapshot().chunks(); ++i) columns::prepare_summaries(store_.snapshot(), i, 0);
    run_id_.emplace(database_, "SELECT run_id FROM runs WHERE rid = ?");
    malloc_trim(0);
  }

  [[nodiscard]] std::int64_t runs() const { return runs_; }

  Answer ask(const Question& question) {
    switch (question.kind) {
      case QuestionKind::statistics:
        return statistics(question);
      case QuestionKind::days:
      case QuestionKind::workflows:
        return groups(question);
      case QuestionKind::like:
        return like(question);
      case QuestionKind::page:
        return page(question);
    }
    return {};
  }

 private:
  Answer statistics(const Question& question) {
    const GroupStatistics total =
        columns::statistics_of(store_.snapshot(), {.filter = question.filter, .exact = exact_}).total;
    const Distribution& duration = total.duration_ms;
    return {.runs = total.runs,
            .succeeded = total.runs_succeeded,
            .scenes = total.scenes,
            .attempts = total.attempts,
            .frames = static_cast<double>(total.frames),
            .durations = duration.n,
            .duration_sum = duration.sum,
            .min = duration.min,
            .p50 = duration.median,
            .p90 = duration.p90,
            .p95 = duration.p95,
            .p99 = duration.p99,
            .max = duration.max,
            .vram_max = total.vram_peak_bytes.max,
            .exact = duration.exact};
  }

  Answer groups(const Question& question) {
    const bool days = question.kind == QuestionKind::days;
    const Statistics told =
        columns::statistics_of(store_.snapshot(), {.filter = question.filter,
                                                   .group_by = days ? GroupBy::day : GroupBy::workflow,
                                                   .exact = exact_,
                                                   .max_groups = 10'000});
    Answer answer;
    for (const GroupStatistics& group : told.groups) {
      const Distribution& duration = group.duration_ms;
      if (days) {
        answer.exact = answer.exact && duration.exact;
        answer.lines.push_back({std::to_string(*group.from_ms / kDayMs), group.runs, 0, duration.median, duration.p95});
      } else {
        answer.lines.push_back({group.key, group.runs, duration.sum, std::nullopt, std::nullopt});
      }
    }
    if (days) return answer;
    std::ranges::sort(answer.lines, [](const bench::Line& a, const bench::Line& b) {
      return a.sum != b.sum ? a.sum > b.sum : a.key < b.key;
    });
    if (std::ssize(answer.lines) > question.limit) answer.lines.resize(static_cast<std::size_t>(question.limit));
    return answer;
  }

  Answer like(const Question& question) {
    const SQLite::Transaction ids(database_);
    const FactsQuery query{.filter = question.filter, .like = key_of(question.like_key), .limit = question.limit};
    const auto facts = columns::facts_among(store_.snapshot(), query, std::nullopt,
                                            [this](std::int64_t rid) { return run_id_of(rid); });
    Answer answer{.runs = std::ssize(facts)};
    std::vector<double> durations;
    for (const RunFacts& run : facts) {
      if (run.duration_ms) durations.push_back(static_cast<double>(*run.duration_ms));
    }
    answer.p50 = bench::percentile(durations, 0.5);
    answer.p95 = bench::percentile(durations, 0.95);
    return answer;
  }

  Answer page(const Question& question) {
    const SQLite::Transaction ids(database_);
    const auto page =
        columns::page_of(store_.snapshot(), question.filter, RunSort::newest, question.limit, std::nullopt, 0);
    Answer answer;
    for (const columns::ListedRun& run : page.runs) answer.run_ids.push_back(*run_id_of(run.place.rid));
    return answer;
  }

  std::optional<std::string> run_id_of(std::int64_t rid) {
    run_id_->reset();
    run_id_->bind(1, rid);
    if (!run_id_->executeStep()) return std::nullopt;
    std::string id = run_id_->getColumn(0).getString();
    run_id_->reset();
    return id;
  }

  const bool exact_;
  std::int64_t runs_ = 0;
  ColumnStore store_;
  SQLite::Database database_;
  std::optional<SQLite::Statement> run_id_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: mirror_bench FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]\n");
    return 2;
  }
  const double budget_ms = argc > 4 ? std::atof(argv[4]) : 8'000;
  const bool exact = std::getenv("MIRROR_BENCH_EXACT") != nullptr;
  const auto questions = bench::read_questions(argv[2]);
  const auto ids = std::filesystem::temp_directory_path() / ("comfytrace-" + base::random_uuid() + ".db");
  std::optional<Mirror> mirror;
  const double load_ms = ms_of([&] { mirror.emplace(argv[1], ids.string(), exact); });
  std::ofstream answers(argv[3]);
  bench::QuestionTimes times;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    if (times.enough(questions[i].name, budget_ms)) continue;
    const Answer answer = bench::timed(i, [&] { return mirror->ask(questions[i]); });
    times.add(questions[i].name, answer);
    answers << base::encode_json(answer) << "\n";
  }
  times.print(exact ? "comfytrace, exact" : "comfytrace", mirror->runs(), load_ms / 1000);
  mirror.reset();
  std::filesystem::remove(ids);
}

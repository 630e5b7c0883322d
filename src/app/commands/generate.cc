#include <fmt/format.h>
#include <fstream>
#include <memory>

#include "app/commands/command.h"
#include "base/codec.h"
#include "generate/facts_table.h"
#include "generate/generator.h"
#include "generate/questions.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;

constexpr std::size_t kBatch = 2000;  // runs a commit

// What stands beside a history that was made up.
struct Mark {
  std::string made_by = "comfytrace generate";
  std::int64_t runs = 0;
  std::uint64_t seed = 0;
};
BOOST_DESCRIBE_STRUCT(Mark, (), (made_by, runs, seed))

std::filesystem::path mark_of(std::filesystem::path store) {
  store += ".generated";
  return store;
}

Result<void> write_file(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return Error{ErrorCode::unavailable, "cannot write " + path.string()};
  return {};
}

// Removes a history that we made up ourselves; refuses any other.
Result<void> make_room(const std::filesystem::path& store) {
  if (!std::filesystem::exists(store)) return {};
  const Error refused{ErrorCode::conflict, store.string() + " exists and was not made by `comfytrace generate`",
                      "--store", "name another file"};
  std::ifstream file(mark_of(store), std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto mark = base::decode_json<Mark>(text);
  if (!mark || mark->runs == 0) return refused;
  {
    // Opened as its owner, so that it is not taken from under a server.
    auto history = history::SqliteHistory::open(store);
    if (!history) return history.error();
    const auto info = (*history)->info();
    if (!info) return info.error();
    if (info->runs > mark->runs) return refused;  // somebody recorded into it since
  }
  for (const char* end : {"", "-wal", "-shm"}) {
    std::error_code failed;
    std::filesystem::remove(store.string() + end, failed);
    if (failed) return Error{ErrorCode::unavailable, "cannot remove " + store.string() + end + ": " + failed.message()};
  }
  return {};
}

// Where the runs go.
class Sink {
 public:
  static Result<Sink> open(const GenerateOptions& options) {
    Sink sink;
    sink.with_samples_ = options.samples;
    if (!options.store.empty()) {
      if (auto room = make_room(options.store); !room) return room.error();
      const Mark mark{.runs = options.what.runs, .seed = options.what.seed};
      if (auto marked = write_file(mark_of(options.store), base::encode_json(mark)); !marked) return marked.error();
      auto history = history::SqliteHistory::open(options.store);
      if (!history) return history.error();
      sink.history_ = std::move(*history);
    }
    if (!options.facts.empty()) {
      sink.table_.open(options.facts, std::ios::binary | std::ios::trunc);
      sink.table_ << generate::facts_table_header();
      if (!sink.table_) return Error{ErrorCode::unavailable, "cannot write " + options.facts, "--facts"};
    }
    return sink;
  }

  // Draws every run. Without a history the facts alone are made, which is quicker.
  Result<void> fill(generate::Generator& generator) {
    while (!history_) {
      const auto facts = generator.next_facts();
      if (!facts) break;
      add_row(*facts);
    }
    if (history_) {
      for (const model::Worker& worker : generator.workers()) {
        if (auto saved = history_->save_worker(worker); !saved) return saved;
      }
      while (auto run = generator.next()) {
        if (table_.is_open()) add_row(history::facts_of(*run));
        if (with_samples_) std::ranges::move(generator.samples(), std::back_inserter(samples_));
        runs_.push_back(std::move(*run));
        if (runs_.size() < kBatch) continue;
        if (auto saved = save(); !saved) return saved;
      }
      if (auto saved = save(); !saved) return saved;
    }
    if (!table_.is_open()) return {};
    table_ << rows_;
    table_.close();
    if (!table_) return Error{ErrorCode::unavailable, "the table of facts could not be written", "--facts"};
    return {};
  }

 private:
  void add_row(const history::RunFacts& facts) {
    generate::append_facts_row(rows_, facts);
    if (rows_.size() < (1u << 20)) return;
    table_ << rows_;
    rows_.clear();
  }

  Result<void> save() {
    if (auto saved = history_->save(runs_); !saved) return saved;
    runs_.clear();
    if (samples_.empty()) return {};
    auto saved = history_->save_samples(samples_);
    samples_.clear();
    return saved;
  }

  std::unique_ptr<history::SqliteHistory> history_;
  std::ofstream table_;
  std::string rows_;
  bool with_samples_ = false;
  std::vector<model::Run> runs_;
  std::vector<history::SampleSeries> samples_;
};

}  // namespace

int generate_command(const CommonOptions& common, const GenerateOptions& given) {
  GenerateOptions options = given;
  for (const std::string& text : options.scenarios) {
    auto scenario = generate::parse_scenario(text);
    if (!scenario) return report(scenario.error());
    options.what.scenarios.push_back(*scenario);
  }
  if (auto valid = generate::check(options.what); !valid) return report(valid.error());
  if (options.store.empty() && options.facts.empty() && options.questions.empty())
    return report({ErrorCode::invalid, "nothing says where the runs go", "--store", "name a file to make"});

  generate::Generator generator(options.what);
  if (!options.questions.empty()) {
    std::string lines;
    for (const auto& question : generate::questions(options.what)) lines += base::encode_json(question) + "\n";
    if (auto written = write_file(options.questions, lines); !written) return report(written.error());
  }
  if (!options.store.empty() || !options.facts.empty()) {
    auto sink = Sink::open(options);
    if (!sink) return report(sink.error());
    if (auto filled = sink->fill(generator); !filled) return report(filled.error());
  }
  const std::string truths = base::encode_json(generator.truths());
  if (!options.truth.empty()) {
    if (auto written = write_file(options.truth, truths + "\n"); !written) return report(written.error());
  }
  if (common.json) {
    print_line(fmt::format(R"({{"runs":{},"seed":{},"days":{:g},"truths":{}}})", options.what.runs, options.what.seed,
                           generate::days_of(options.what), truths));
    return kDone;
  }
  print_line(fmt::format("{} runs over {:g} days, seed {}", options.what.runs, generate::days_of(options.what),
                         options.what.seed));
  for (const generate::Truth& truth : generator.truths()) {
    print_line(fmt::format("{}: {} ({:g} {}; {} runs)", base::enum_name(truth.scenario), truth.what, truth.size,
                           truth.unit, truth.runs));
  }
  return kDone;
}

}  // namespace comfytrace::app

// SQLite asked the questions of a generated history in SQL: one table, the indexes that help, a percentile aggregate.
// sql_bench FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "base/enum_names.h"
#include "base/uuid.h"
#include "question_answers.h"

namespace {

using namespace comfytrace;
using bench::Answer;
using generate::Question;
using generate::QuestionKind;

double ms_of(const auto& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void percentile_step(sqlite3_context* context, int, sqlite3_value** values) {
  auto** held = static_cast<std::vector<double>**>(sqlite3_aggregate_context(context, sizeof(void*)));
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return;
  if (*held == nullptr) *held = new std::vector<double>();
  (*held)->push_back(sqlite3_value_double(values[0]));
}

// The percentiles that statistics show, as text with a comma between.
void percentile_final(sqlite3_context* context) {
  auto** held = static_cast<std::vector<double>**>(sqlite3_aggregate_context(context, sizeof(void*)));
  if (held == nullptr || *held == nullptr) return sqlite3_result_null(context);
  std::string text;
  for (const double p : {0.5, 0.9, 0.95, 0.99}) text += fmt::format("{},", *bench::percentile(**held, p));
  delete *held;
  sqlite3_result_text(context, text.c_str(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
}

std::int64_t load(SQLite::Database& database, const std::string& path) {
  database.exec(
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -131072; PRAGMA mmap_size = "
      "4294967296;");
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const auto names = bench::fields_of(line);
  std::string columns;
  std::string marks;
  std::vector<bool> is_text;
  for (const std::string_view name : names) {
    const bool text = name.find("_id") != std::string_view::npos || name == "status" || name == "exit_reason" ||
                      name == "workflow_name" || name == "fingerprint" || name.starts_with("model") ||
                      name == "devices" || name.find("version") != std::string_view::npos || name == "tags" ||
                      name == "like_key";
    is_text.push_back(text);
    columns += fmt::format("{}{} {}", columns.empty() ? "" : ", ", name, text ? "TEXT" : "INTEGER");
    marks += marks.empty() ? "?" : ",?";
  }
  database.exec("CREATE TABLE runs (" + columns + ")");
  std::int64_t count = 0;
  SQLite::Transaction transaction(database);
  SQLite::Statement insert(database, "INSERT INTO runs VALUES (" + marks + ")");
  while (std::getline(file, line)) {
    const auto fields = bench::fields_of(line);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      const std::string text(fields[i]);
      if (text.empty() && !is_text[i]) {
        insert.bind(at);
      } else if (is_text[i]) {
        insert.bind(at, text);
      } else {
        insert.bind(at, static_cast<std::int64_t>(std::atoll(text.c_str())));
      }
    }
    insert.exec();
    insert.reset();
    ++count;
  }
  for (const char* key :
       {"created_at_ms", "workflow_name, created_at_ms", "status, created_at_ms", "like_key, created_at_ms"})
    database.exec(fmt::format("CREATE INDEX by_{} ON runs ({})", count++, key));
  transaction.commit();
  database.exec("ANALYZE");
  return count - 4;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string any_of(const std::string& column, const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ", ") + quoted(value);
  return column + " IN (" + list + ")";
}

std::string where(const Question& question) {
  const history::RunFilter& filter = question.filter;
  std::vector<std::string> all;
  const auto bound = [&](const char* column, const char* how, const std::optional<std::int64_t>& value) {
    if (value) all.push_back(fmt::format("{} {} {}", column, how, *value));
  };
  bound("created_at_ms", ">=", filter.from_ms);
  bound("created_at_ms", "<", filter.to_ms);
  bound("duration_ms", ">=", filter.duration_min_ms);
  bound("duration_ms", "<=", filter.duration_max_ms);
  bound("attempt_count", ">=", filter.attempts_min);
  bound("attempt_count", "<=", filter.attempts_max);
  bound("vram_peak_bytes", ">=", filter.vram_peak_min_bytes);
  bound("vram_peak_bytes", "<=", filter.vram_peak_max_bytes);
  std::vector<std::string> statuses;
  for (const model::Status status : filter.statuses) statuses.emplace_back(base::enum_name(status));
  if (!statuses.empty()) all.push_back(any_of("status", statuses));
  if (!filter.workflows.empty()) all.push_back(any_of("workflow_name", filter.workflows));
  if (!filter.models.empty()) all.push_back(any_of("model", filter.models));
  if (!filter.worker_ids.empty()) all.push_back(any_of("worker_ids", filter.worker_ids));
  if (!filter.gpus.empty()) all.push_back(any_of("devices", filter.gpus));
  if (!question.like_key.empty()) all.push_back("like_key = " + quoted(question.like_key));
  std::string tags;
  for (const std::string& tag : filter.tags)
    tags += (tags.empty() ? "" : " OR ") + ("instr('|' || tags || '|', " + quoted("|" + tag + "|") + ") > 0");
  if (!tags.empty()) all.push_back("(" + tags + ")");
  std::string text;
  for (const std::string& one : all) text += (text.empty() ? " WHERE " : " AND ") + one;
  return text;
}

std::string sql_of(const Question& question) {
  const std::string matching = " FROM runs" + where(question);
  switch (question.kind) {
    case QuestionKind::statistics:
      return "SELECT count(*), sum(status = 'success'), sum(scene_count), sum(attempt_count), sum(frames), "
             "count(duration_ms), sum(duration_ms), min(duration_ms), max(duration_ms), max(vram_peak_bytes), "
             "percentiles(duration_ms)" +
             matching;
    case QuestionKind::days:
      return "SELECT created_at_ms / 86400000 AS day, count(*), 0, percentiles(duration_ms)" + matching +
             " GROUP BY day ORDER BY day";
    case QuestionKind::like:
      return fmt::format(
          "SELECT count(*), percentiles(duration_ms) FROM (SELECT duration_ms{} "
          "ORDER BY created_at_ms DESC, rowid DESC LIMIT {})",
          matching, question.limit);
    case QuestionKind::page:
      return fmt::format("SELECT run_id{} ORDER BY created_at_ms DESC, rowid DESC LIMIT {}", matching, question.limit);
    case QuestionKind::workflows:
      return fmt::format(
          "SELECT workflow_name, count(*), coalesce(sum(duration_ms), 0) AS took, NULL{} GROUP BY 1 "
          "ORDER BY took DESC, 1 LIMIT {}",
          matching, question.limit);
  }
  return "";
}

std::optional<double> number(const SQLite::Column& column) {
  if (column.isNull()) return std::nullopt;
  return column.getDouble();
}

std::vector<std::optional<double>> percentiles(const SQLite::Column& column) {
  std::vector<std::optional<double>> all;
  if (column.isNull()) {
    all.resize(4);
    return all;
  }
  for (const std::string_view field : bench::fields_of(column.getText()))
    all.emplace_back(std::atof(std::string(field).c_str()));
  return all;
}

Answer ask(SQLite::Database& database, const Question& question) {
  Answer answer;
  SQLite::Statement select(database, sql_of(question));
  while (select.executeStep()) {
    if (question.kind == QuestionKind::page) {
      answer.run_ids.push_back(select.getColumn(0).getString());
    } else if (question.kind == QuestionKind::statistics) {
      answer.runs = select.getColumn(0).getInt64();
      answer.succeeded = select.getColumn(1).getInt64();
      answer.scenes = select.getColumn(2).getInt64();
      answer.attempts = select.getColumn(3).getInt64();
      answer.frames = select.getColumn(4).getDouble();
      answer.durations = select.getColumn(5).getInt64();
      answer.duration_sum = select.getColumn(6).getDouble();
      answer.min = number(select.getColumn(7));
      answer.max = number(select.getColumn(8));
      answer.vram_max = number(select.getColumn(9));
      const auto p = percentiles(select.getColumn(10));
      answer.p50 = p[0];
      answer.p90 = p[1];
      answer.p95 = p[2];
      answer.p99 = p[3];
    } else if (question.kind == QuestionKind::like) {
      const auto p = percentiles(select.getColumn(1));
      answer.runs = select.getColumn(0).getInt64();
      answer.p50 = p[0];
      answer.p95 = p[2];
    } else {
      const auto p = percentiles(select.getColumn(3));
      answer.lines.push_back({select.getColumn(0).getString(), select.getColumn(1).getInt64(),
                              select.getColumn(2).getDouble(), p[0], p[2]});
    }
  }
  return answer;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: sql_bench FACTS.csv QUESTIONS.ndjson ANSWERS.ndjson [ms a kind of question]\n");
    return 2;
  }
  const double budget_ms = argc > 4 ? std::atof(argv[4]) : 8'000;
  const auto questions = bench::read_questions(argv[2]);
  const auto path = std::filesystem::temp_directory_path() / ("comfytrace-" + base::random_uuid() + ".db");
  {
    SQLite::Database database(path.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.createFunction("percentiles", 1, true, nullptr, nullptr, percentile_step, percentile_final, nullptr);
    std::int64_t runs = 0;
    const double load_ms = ms_of([&] { runs = load(database, argv[1]); });
    std::ofstream answers(argv[3]);
    bench::QuestionTimes times;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      if (times.enough(questions[i].name, budget_ms)) continue;
      const Answer answer = bench::timed(i, [&] { return ask(database, questions[i]); });
      times.add(questions[i].name, answer);
      answers << base::encode_json(answer) << "\n";
    }
    times.print("SQLite", runs, load_ms / 1000);
  }
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + end);
}

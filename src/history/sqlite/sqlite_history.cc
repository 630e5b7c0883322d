#include "history/sqlite/sqlite_history.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <system_error>
#include <utility>

#include "history/columns/summary_keeper.h"
#include "history/sqlite/column_keeper.h"
#include "history/sqlite/schema.h"
#include "history/sqlite/sqlite_reader.h"
#include "history/sqlite/store.h"

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;
using base::Result;
using sqlite::Connection;
using sqlite::guarded;
using sqlite::Session;

// After a crash a file up to this size is checked through before it is used: longer would hold up the start.
constexpr std::uintmax_t kCheckedBytes = 64u << 20;

std::uintmax_t size_of(const std::filesystem::path& path) {
  std::error_code failed;
  const std::uintmax_t size = std::filesystem::file_size(path, failed);
  return failed ? 0 : size;
}

// A clean end leaves no log behind.
bool ended_unclean(std::filesystem::path path) {
  path += "-wal";
  return size_of(path) > 0;
}

void check_through(Connection& connection) {
  sqlite::Query query = connection.query("PRAGMA quick_check(1)");
  if (query.step() && query.bytes(0) != "ok") throw sqlite::Damaged{"is damaged: " + query.text(0)};
}

void prepare(Connection& connection) {
  if (sqlite::schema_of(connection, sqlite::newest(sqlite::migrations())) == 0) {
    connection.exec("PRAGMA page_size = 4096");
    connection.exec("PRAGMA auto_vacuum = INCREMENTAL");
  }
  sqlite::Query journal = connection.query("PRAGMA journal_mode = WAL");
  if (!journal.step() || journal.bytes(0) != "wal")
    throw sqlite::Refused{{ErrorCode::unavailable, connection.path().string() + " lies on a file system without WAL",
                           "", "name a file on a local disk with --store"}};
}

void configure(Connection& connection, const SqliteOptions& options) {
  connection.exec("PRAGMA synchronous = FULL");
  connection.exec("PRAGMA journal_size_limit = 67108864");
  connection.exec("PRAGMA secure_delete = OFF");
  // What they keep, PendingRows writes.
  sqlite3_db_config(connection.database().getHandle(), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  if (options.max_pages) (void)connection.pragma("max_page_count = " + std::to_string(*options.max_pages));
}

std::shared_ptr<Session> open_for_writing(const std::filesystem::path& path, const SqliteOptions& options) {
  const bool check = ended_unclean(path) && size_of(path) <= kCheckedBytes;
  auto session = std::make_shared<Session>(path, Connection::Mode::write, options.cache_bytes);
  Connection& connection = session->connection;
  prepare(connection);
  configure(connection, options);
  if (check) check_through(connection);
  sqlite::migrate(connection, sqlite::migrations());
  // A file that can only be read is noticed now, not when the first run is to be kept.
  sqlite::Transaction trial(connection, sqlite::Transaction::Kind::write);
  return session;
}

std::shared_ptr<Session> open_for_reading(const std::filesystem::path& path, Connection::Mode mode,
                                          const SqliteOptions& options) {
  auto session = std::make_shared<Session>(path, mode, options.cache_bytes);
  const std::int64_t known = sqlite::newest(sqlite::migrations());
  const std::int64_t schema = sqlite::schema_of(session->connection, known);
  if (schema != known) {
    throw sqlite::Refused{
        {ErrorCode::conflict,
         path.string() + " has schema " + std::to_string(schema) + ", this version reads " + std::to_string(known), "",
         "start `comfytrace serve` once on it: that brings it up to date"}};
  }
  return session;
}

class StorePruning final : public Pruning {
 public:
  StorePruning(sqlite::Store& store, const PruneRule& rule)
      : store_(store), rule_(rule), walk_(store.session(), rule) {}
  Result<bool> step() override {
    return guarded(store_.session().connection.path(), [&] { return store_.prune_step(walk_, rule_, report_); });
  }
  PruneReport report() const override { return report_; }

 private:
  sqlite::Store& store_;
  const PruneRule rule_;
  sqlite::PruneWalk walk_;
  PruneReport report_;
};

}  // namespace

Result<std::unique_ptr<SqliteHistory>> SqliteHistory::open(const std::filesystem::path& path,
                                                           const SqliteOptions& options) {
  auto lock = OwnerLock::acquire(path, OwnerLock::this_process(options.clock->now_ms(), options.owner_url));
  if (!lock) return lock.error();
  auto session = guarded(path, [&] { return open_for_writing(path, options); });
  if (!session) return session.error();
  auto mirror = std::make_shared<columns::Mirror>();
  auto keeper = guarded(path, [&] {
    return std::make_unique<sqlite::ColumnKeeper>(*session, mirror, options.max_column_bytes, options.on_columns_anew);
  });
  if (!keeper) return keeper.error();
  return std::unique_ptr<SqliteHistory>(
      new SqliteHistory(std::move(*lock), *session, std::move(mirror), std::move(*keeper)));
}

SqliteHistory::SqliteHistory(OwnerLock lock, std::shared_ptr<Session> session, std::shared_ptr<columns::Mirror> mirror,
                             std::unique_ptr<sqlite::ColumnKeeper> keeper)
    : lock_(std::move(lock)),
      session_(std::move(session)),
      columns_(std::move(mirror)),
      keeper_(std::move(keeper)),
      store_(std::make_unique<sqlite::Store>(session_, *keeper_)),
      reader_(std::make_unique<sqlite::SqliteReader>(session_, columns_, 0)),
      summaries_(std::make_unique<columns::SummaryKeeper>(columns_)) {}

SqliteHistory::~SqliteHistory() {
  store_->restore_ballast();
  keeper_->write_back();
  // Readers may still be there, and then closing would leave the log as it is.
  session_->connection.database().tryExec("PRAGMA wal_checkpoint(TRUNCATE)");
}

void SqliteHistory::set_owner_url(const std::string& url) {
  lock_.set_url(url);
}

Result<std::optional<model::Run>> SqliteHistory::get(std::string_view run_id) const {
  return reader_->get(run_id);
}
Result<std::optional<std::string>> SqliteHistory::run_of_prompt(std::string_view worker_id,
                                                                std::string_view prompt_id) const {
  return reader_->run_of_prompt(worker_id, prompt_id);
}
Result<RunPage> SqliteHistory::page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                                    std::string_view cursor) const {
  return reader_->page(filter, sort, limit, cursor);
}
Result<std::vector<model::Run>> SqliteHistory::open_runs() const {
  return reader_->open_runs();
}
Result<std::vector<SampleSeries>> SqliteHistory::samples(std::string_view run_id) const {
  return reader_->samples(run_id);
}
Result<std::vector<model::Worker>> SqliteHistory::workers() const {
  return reader_->workers();
}
Result<std::vector<FilterPreset>> SqliteHistory::presets() const {
  return reader_->presets();
}
Result<std::optional<FilterPreset>> SqliteHistory::preset(std::string_view name) const {
  return reader_->preset(name);
}
Result<std::vector<Recommendation>> SqliteHistory::recommendations() const {
  return reader_->recommendations();
}
Result<std::vector<Alert>> SqliteHistory::alerts(const AlertQuery& query) const {
  return reader_->alerts(query);
}
Result<void> SqliteHistory::for_each(const RunFilter& filter,
                                     const std::function<bool(const model::Run&)>& each) const {
  return reader_->for_each(filter, each);
}
Result<Statistics> SqliteHistory::statistics(const StatisticsQuery& query) const {
  return reader_->statistics(query);
}
Result<std::vector<RunFacts>> SqliteHistory::facts(const FactsQuery& query) const {
  return reader_->facts(query);
}
Result<BriefRuns> SqliteHistory::brief_runs(const FactsQuery& query) const {
  return reader_->brief_runs(query);
}
Result<std::vector<SceneSample>> SqliteHistory::scene_samples(const ScenesQuery& query) const {
  return reader_->scene_samples(query);
}
Result<BriefScenes> SqliteHistory::brief_scenes(const ScenesQuery& query) const {
  return reader_->brief_scenes(query);
}
Result<LikeRuns> SqliteHistory::like_runs(const LikeQuery& query) const {
  return reader_->like_runs(query);
}
Result<std::vector<LikeScenes>> SqliteHistory::like_scenes(const LikeQuery& query) const {
  return reader_->like_scenes(query);
}
Result<LikeBoth> SqliteHistory::like(const LikeQuery& runs, const LikeQuery& scenes) const {
  return reader_->like(runs, scenes);
}
Result<PruneReport> SqliteHistory::foresee(const PruneRule& rule) const {
  return reader_->foresee(rule);
}
Result<HistoryInfo> SqliteHistory::info() const {
  return reader_->info();
}

template <class Work>
auto SqliteHistory::change(Work&& work) {
  return guarded(session_->connection.path(), std::forward<Work>(work));
}

Result<void> SqliteHistory::save(std::span<const model::Run> runs) {
  return change([&] { store_->save(runs); });
}
Result<bool> SqliteHistory::remove(std::string_view run_id) {
  return change([&] { return store_->remove(run_id); });
}
Result<bool> SqliteHistory::amend(std::string_view run_id, const RunPatch& patch) {
  return change([&] { return store_->amend(run_id, patch); });
}
Result<std::unique_ptr<Pruning>> SqliteHistory::begin_prune(const PruneRule& rule) {
  return change([&] { return std::unique_ptr<Pruning>(std::make_unique<StorePruning>(*store_, rule)); });
}
Result<void> SqliteHistory::save_samples(std::span<const SampleSeries> series) {
  return change([&] { store_->save_samples(series); });
}
Result<void> SqliteHistory::save_worker(const model::Worker& worker) {
  return change([&] { store_->save_worker(worker); });
}
Result<void> SqliteHistory::save_preset(const FilterPreset& preset) {
  return change([&] { store_->save_preset(preset); });
}
Result<bool> SqliteHistory::remove_preset(std::string_view name) {
  return change([&] { return store_->remove_preset(name); });
}
Result<void> SqliteHistory::save_recommendation(const Recommendation& recommendation) {
  return change([&] { store_->save_recommendation(recommendation); });
}
Result<void> SqliteHistory::save_alert(const Alert& alert) {
  return change([&] { store_->save_alert(alert); });
}
Result<void> SqliteHistory::backup(const std::filesystem::path& path) {
  return change([&] { store_->backup(path); });
}

Result<std::unique_ptr<RunHistoryReader>> open_reader(const std::filesystem::path& path, const SqliteOptions& options) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Error{ErrorCode::not_found, "there is no history at " + path.string(), "",
                 "`comfytrace serve` makes one; or name another file with --store"};
  }
  auto session = guarded(path, [&] { return open_for_reading(path, Connection::Mode::read, options); });
  // On a medium that cannot be written not even the index of the log can be made; without a log none is needed.
  if (!session && session.error().code == ErrorCode::unavailable && !ended_unclean(path))
    session = guarded(path, [&] { return open_for_reading(path, Connection::Mode::read_immutable, options); });
  if (!session) return session.error();
  return std::unique_ptr<RunHistoryReader>(
      std::make_unique<sqlite::SqliteReader>(*session, options.columns, options.max_column_bytes));
}

}  // namespace comfytrace::history

#include "history/sqlite/column_questions.h"

#include <limits>
#include <span>

#include "base/codec.h"
#include "base/parallel.h"
#include "history/columns/statistics.h"
#include "history/sqlite/column_file.h"
#include "history/sqlite/filter_sql.h"
#include "history/sqlite/node_unpacker.h"
#include "history/sqlite/word_rids.h"
#include "history/time_bucket.h"
#include "history/words.h"

namespace comfytrace::history::sqlite {
namespace {

void check(const base::Result<void>& fits) {
  if (!fits) throw Refused{fits.error()};
}

// A commit may come between the look at the rows and that at the columns, but not so many times in a row.
constexpr int kLooks = 20;

bool asks_rows(const RunFilter& filter) {
  return filter.regex || (filter.text && !match_of(*filter.text).empty());
}

bool covers(const columns::Mirror::View& view, const RunFilter& filter) {
  return view.store && (!view.covers_from_ms || (filter.from_ms && *filter.from_ms >= *view.covers_from_ms));
}

columns::RunIdOf run_id_of(KnownIds::Looks& looks) {
  return [&looks](std::int64_t rid) -> std::optional<std::string> {
    auto run = looks.find(rid);
    return run ? std::optional(std::move(run->run_id)) : std::nullopt;
  };
}

[[noreturn]] void refuse(const columns::Mirror::View& view) {
  const std::string mend = "raise max_column_bytes in config.toml, or prune old runs";
  if (!view.store)
    throw Refused{{base::ErrorCode::too_large, "there are more runs than statistics can hold", "", mend}};
  throw Refused{{base::ErrorCode::too_large,
                 "statistics reach back to " + iso_time(*view.covers_from_ms, 0) +
                     ": older runs do not fit into the memory that they may take",
                 "from", "ask from then on; or " + mend}};
}

}  // namespace

std::optional<ColumnQuestions::Moment> ColumnQuestions::shared_moment() {
  for (int i = 0; shared_ && i < kLooks; ++i) {
    Moment moment(session_->connection);
    const std::int64_t commit = commit_seen(session_->connection);
    moment.columns = shared_->view_of(commit);
    if (moment.columns.commit < commit) break;
    if (moment.columns.commit > commit) continue;
    // What had to be loaded while they did not come up is not kept for another time.
    own_ = {};
    own_version_.reset();
    return moment;
  }
  return std::nullopt;
}

ColumnQuestions::Moment ColumnQuestions::moment() {
  if (auto shared = shared_moment()) return std::move(*shared);
  Moment moment(session_->connection);
  const Version version = session_->connection.data_version();
  if (own_version_ != version) {
    const LoadedColumns loaded = load_columns_in_transaction(*session_, max_bytes_);
    own_ = {loaded.store, loaded.covers_from_ms};
    if (loaded.store) own_.snapshot = loaded.store->snapshot();
    own_version_ = version;
  }
  moment.columns = own_;
  return moment;
}

const columns::RidSet* ColumnQuestions::among(const Moment& now, const RunFilter& filter) {
  if (!asks_rows(filter)) return nullptr;
  return filter.regex ? among_rows(filter) : among_words(now, *filter.text);
}

const columns::RidSet* ColumnQuestions::among_rows(const RunFilter& filter) {
  const std::string key = base::encode_json(filter);
  const Version version = session_->connection.data_version();
  if (among_key_ == key && among_version_ == version) return among_.get();
  auto among = std::make_shared<columns::RidSet>();
  FilterSql(*session_, filter)
      .each_row("r.rid", RunSort::newest, std::nullopt, std::numeric_limits<std::int64_t>::max(), [&](Query& query) {
        among->add(query.integer(0));
        return true;
      });
  among_ = std::move(among);
  among_key_ = key;
  among_version_ = version;
  return among_.get();
}

const columns::RidSet* ColumnQuestions::among_words(const Moment& now, const std::string& text) {
  columns::KnownRids& known = now.columns.store == own_.store ? own_known_ : shared_->known();
  among_key_.clear();
  const auto words = words_of(text);
  among_ = rids_with(*session_, now.columns, known, words.front());
  if (words.size() == 1) return among_.get();
  auto common = std::make_shared<columns::RidSet>(*among_);
  for (const std::string& word : std::span(words).subspan(1))
    common->keep_common(*rids_with(*session_, now.columns, known, word));
  among_ = std::move(common);
  return among_.get();
}

std::optional<std::int64_t> ColumnQuestions::maybe_rid_of(const std::optional<std::string>& run_id) {
  return run_id ? rid_of(*session_, *run_id) : std::nullopt;
}

Statistics ColumnQuestions::statistics(const StatisticsQuery& query) {
  check(check_query(query));
  // Alone the columns are of one state whatever the rows are.
  const Moment now = shared_ && !asks_rows(query.filter) ? Moment(shared_->view()) : moment();
  if (!covers(now.columns, query.filter)) refuse(now.columns);
  return columns::statistics_of(now.columns.snapshot, query, among(now, query.filter));
}

std::vector<RunFacts> ColumnQuestions::facts(const FactsQuery& query) {
  check(check_query(query));
  const Moment now = moment();
  if (!now.columns.store) refuse(now.columns);
  const auto* set = among(now, query.filter);
  KnownIds::Looks looks(known_ids_);
  return columns::facts_among(now.columns.snapshot, query, maybe_rid_of(query.without_run_id), run_id_of(looks), set);
}

columns::BriefRows ColumnQuestions::brief_runs(const FactsQuery& query) {
  check(check_query(query));
  const Moment now = moment();
  if (!now.columns.store || !(query.held_will_do || covers(now.columns, query.filter))) refuse(now.columns);
  const auto* set = among(now, query.filter);
  return columns::brief_among(now.columns.snapshot, query, maybe_rid_of(query.without_run_id), set);
}

std::vector<std::string> ColumnQuestions::run_ids(std::span<const columns::RunNumber> numbers,
                                                  std::span<const std::size_t> positions) {
  const Transaction one_state(session_->connection, Transaction::Kind::read);
  KnownIds::Looks looks(known_ids_);
  std::vector<std::string> run_ids;
  run_ids.reserve(positions.size());
  for (const std::size_t position : positions) {
    auto run = looks.find(numbers[position].rid);
    const bool is_there = run && run->created_at_ms == numbers[position].created_at_ms;
    run_ids.push_back(is_there ? std::move(run->run_id) : "");
  }
  return run_ids;
}

void ColumnQuestions::record_nodes(std::span<const columns::RunNumber> numbers, std::span<const std::size_t> positions,
                                   NodeRecorder& to) {
  const Transaction one_state(session_->connection, Transaction::Kind::read);
  KnownIds::Looks looks(known_ids_);
  Query query = session_->connection.query("SELECT details FROM run_details WHERE rid = ?");
  NodeUnpacker unpacker(session_->texts, to);
  for (const std::size_t position : positions) {
    const auto& [rid, created_at_ms] = numbers[position];
    to.begin_run();
    if (!looks.knows(rid, created_at_ms)) {
      const auto run = looks.find(rid);
      if (!run || run->created_at_ms != created_at_ms) continue;
    }
    query.again().bind(rid);
    if (!query.step() || !unpacker.unpack(session_->details.details(query.bytes(0))))
      throw Damaged{"the details of a run cannot be read"};
  }
}

columns::LikeRows ColumnQuestions::like_runs(const LikeQuery& query) {
  check(check_query(query));
  const Moment now = moment();
  if (!now.columns.store) refuse(now.columns);
  return columns::runs_like(now.columns.snapshot, query);
}

std::vector<LikeScenes> ColumnQuestions::like_scenes(const LikeQuery& query) {
  check(check_query(query));
  const Moment now = moment();
  if (!now.columns.store) refuse(now.columns);
  return columns::scenes_like(now.columns.snapshot, query);
}

ColumnQuestions::LikeBothRows ColumnQuestions::like(const LikeQuery& runs, const LikeQuery& scenes) {
  check(check_query(runs));
  check(check_query(scenes));
  const Moment now = moment();
  if (!now.columns.store) refuse(now.columns);
  LikeBothRows both;
  base::parallel(2, [&](std::size_t part) {
    if (part == 0) {
      both.runs = columns::runs_like(now.columns.snapshot, runs);
    } else {
      both.scenes = columns::scenes_like(now.columns.snapshot, scenes);
    }
  });
  return both;
}

std::vector<SceneSample> ColumnQuestions::scene_samples(const ScenesQuery& query) {
  check(check_query(query));
  const Moment now = moment();
  if (!now.columns.store) refuse(now.columns);
  KnownIds::Looks looks(known_ids_);
  return columns::scenes_among(now.columns.snapshot, query, maybe_rid_of(query.without_run_id), run_id_of(looks));
}

BriefScenes ColumnQuestions::brief_scenes(const ScenesQuery& query) {
  check(check_query(query));
  const Moment now = moment();
  if (!now.columns.store) refuse(now.columns);
  KnownIds::Looks looks(known_ids_);
  return columns::brief_scenes_among(now.columns.snapshot, query, maybe_rid_of(query.without_run_id), run_id_of(looks));
}

std::optional<RunPage> ColumnQuestions::page(const RunFilter& filter, RunSort sort, std::int64_t limit,
                                             const PageStart& start) {
  // Without columns of the whole process it is not worth loading them for a page.
  if (!shared_ || filter.regex) return std::nullopt;
  const auto now = shared_moment();
  if (!now || !covers(now->columns, filter)) return std::nullopt;
  std::optional<columns::ListPlace> behind;
  if (start.after) behind = columns::ListPlace{start.after->value, start.after->order};
  const auto* set = among(*now, filter);
  const auto list = columns::page_of(now->columns.snapshot, filter, sort, limit, behind, start.skip, set);
  RunPage page;
  page.total = list.total;
  static const std::string sql = std::string("SELECT ") + kSummaryColumns + " FROM runs AS r WHERE r.rid = ?";
  Query query = session_->connection.query(sql);
  page.runs.reserve(list.runs.size());
  for (const columns::ListedRun& run : list.runs) {
    query.again().bind(run.place.rid);
    // Taken out by somebody else than the history: the rows are what counts.
    if (!query.step()) return std::nullopt;
    page.runs.push_back(summary_at(*session_, query));
    page.runs.back().device_names = run.devices;
  }
  if (list.has_more) page.next_cursor = to_cursor({sort, list.runs.back().place.value, list.runs.back().place.rid});
  return page;
}

}  // namespace comfytrace::history::sqlite

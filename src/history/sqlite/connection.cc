#include "history/sqlite/connection.h"

#include <sqlite3.h>

#include <algorithm>

#include "history/sqlite/field_io.h"

namespace comfytrace::history::sqlite {
namespace {

using base::Error;
using base::ErrorCode;

constexpr int kLogPages = 8'000;
constexpr std::size_t kMaxStatements = 200;  // filters make many different ones

std::string uri_of(const std::filesystem::path& path) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr std::string_view kDigits = "0123456789ABCDEF";
      uri += '%';
      uri += kDigits[static_cast<unsigned char>(c) >> 4];
      uri += kDigits[static_cast<unsigned char>(c) & 15];
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

std::string name_for(const std::filesystem::path& path, Connection::Mode mode) {
  // Nobody asks how much memory SQLite has, and to count it takes a lock around every allocation. Before the first use
  // of the library; later it is refused, and does no harm.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  return mode == Connection::Mode::read_immutable ? uri_of(path) : path.string();
}

int flags_for(Connection::Mode mode) {
  switch (mode) {
    case Connection::Mode::write:
      return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    case Connection::Mode::read:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
    case Connection::Mode::read_immutable:
      return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI;
  }
  return SQLITE_OPEN_READONLY;
}

}  // namespace

Query& Query::bind(std::string_view text) {
  // bindNoCopy wants a terminated string; the copy is cheaper than making one.
  statement_->bind(++bound_, std::string(text));
  return *this;
}

Query& Query::bind_blob(std::string_view bytes) {
  statement_->bindNoCopy(++bound_, bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()));
  return *this;
}

Query& Query::bind_id(std::string_view id) {
  if (const auto packed = uuid_bytes(id)) {
    statement_->bind(++bound_, packed->data(), static_cast<int>(packed->size()));
    return *this;
  }
  return bind(id);
}

std::string_view Query::bytes(int column) const {
  const SQLite::Column value = statement_->getColumn(column);
  const auto* data = static_cast<const char*>(value.getBlob());
  return data ? std::string_view(data, static_cast<std::size_t>(value.getBytes())) : std::string_view();
}

std::string Query::id(int column) const {
  return statement_->getColumn(column).isBlob() ? uuid_text(bytes(column)) : text(column);
}

Connection::Connection(const std::filesystem::path& path, Mode mode, std::int64_t cache_bytes)
    : path_(path), database_(name_for(path, mode), flags_for(mode), 5'000) {
  exec("PRAGMA cache_size = -" + std::to_string(std::max<std::int64_t>(cache_bytes / 1024, 64)));
  exec("PRAGMA temp_store = MEMORY");
  exec("PRAGMA foreign_keys = OFF");
  exec("PRAGMA trusted_schema = OFF");
  if (mode != Mode::write) return;
  const auto keep = [](void* pages, sqlite3*, const char*, int in_log) {
    *static_cast<int*>(pages) = in_log;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database_.getHandle(), keep, &log_pages_);
}

void Connection::checkpoint() {
  if (log_pages_ < kLogPages) return;
  log_pages_ = 0;
  // What cannot be written back now, because somebody reads the older state, is with the next commit.
  sqlite3_wal_checkpoint_v2(database_.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

Query Connection::query(std::string_view sql) {
  auto at = statements_.find(sql);
  if (at == statements_.end()) {
    if (statements_.size() >= kMaxStatements && in_use_ == 0) statements_.clear();
    at = statements_.emplace(sql, SQLite::Statement(database_, std::string(sql))).first;
  }
  return Query(at->second, in_use_);
}

std::int64_t Connection::pragma(const std::string& name) {
  Query query = this->query("PRAGMA " + name);
  return query.step() ? query.integer(0) : 0;
}

std::pair<std::int64_t, std::int64_t> Connection::data_version() {
  return {pragma("data_version"), database_.getTotalChanges()};
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(connection) {
  connection_.exec(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!open_) return;
  // A failed statement may have ended the transaction already.
  if (sqlite3_get_autocommit(connection_.database().getHandle()) == 0) connection_.database().tryExec("ROLLBACK");
}

void Transaction::commit() {
  connection_.exec("COMMIT");
  open_ = false;
}

Error to_error(const std::filesystem::path& path, const SQLite::Exception& exception) {
  const std::string file = path.string();
  const std::string why = exception.what();
  switch (exception.getErrorCode() & 0xFF) {
    case SQLITE_FULL:
      return {ErrorCode::unavailable, "the disk that holds " + file + " is full", "", "make room; nothing is lost"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, file + " is locked by another program", "", "close that program"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return {ErrorCode::unavailable, file + " cannot be written: " + why, "",
              "make the file and its directory writable, or name another file with --store"};
    case SQLITE_CANTOPEN:
      return {ErrorCode::unavailable, file + " cannot be opened: " + why, "",
              "the directory must exist and be writable; or name another file with --store"};
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return {ErrorCode::unavailable, file + ": " + why};
    case SQLITE_NOTADB:
      return {ErrorCode::corrupt, file + " is not a history of comfytrace, or its beginning is damaged", "",
              "restore a backup, or name another file with --store"};
    case SQLITE_CORRUPT:
      return {ErrorCode::corrupt, file + " is damaged: " + why, "",
              "restore a backup, or start a new history with --store"};
    default:
      return {ErrorCode::internal, file + ": " + why};
  }
}

}  // namespace comfytrace::history::sqlite

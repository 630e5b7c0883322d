#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/enum_names.h"
#include "history/run_facts.h"

namespace comfytrace::bench {

// Binds one value after another, as its type is.
class Binder {
 public:
  explicit Binder(SQLite::Statement& statement) : statement_(statement) { statement_.reset(); }
  Binder& operator<<(const std::string& text) {
    statement_.bind(++at_, text);
    return *this;
  }
  Binder& operator<<(std::int64_t value) {
    statement_.bind(++at_, value);
    return *this;
  }
  template <class T>
  Binder& operator<<(const std::optional<T>& value) {
    if (value) return *this << *value;
    statement_.bind(++at_);
    return *this;
  }
  Binder& operator<<(bool value) { return *this << std::int64_t{value}; }
  Binder& operator<<(model::Status status) { return *this << std::string(base::enum_name(status)); }
  Binder& operator<<(model::ExitReason reason) { return *this << std::string(base::enum_name(reason)); }
  Binder& operator<<(const history::WorkKey& key) {
    return *this << key.structure << key.models << key.work_size << key.scene_count << key.device << key.executed
                 << key.is_cold;
  }

 private:
  SQLite::Statement& statement_;
  int at_ = 0;
};

// The rows of a question that has many, read one after another with nothing in between.
class Rows {
 public:
  Rows(SQLite::Database& database, const std::string& select) {
    database.check(sqlite3_prepare_v2(database.getHandle(), select.c_str(), -1, &statement_, nullptr));
  }
  ~Rows() { sqlite3_finalize(statement_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // To the next row, and to its first column.
  bool step() {
    at_ = 0;
    const int told = sqlite3_step(statement_);
    if (told != SQLITE_ROW && told != SQLITE_DONE) throw SQLite::Exception(sqlite3_db_handle(statement_), told);
    return told == SQLITE_ROW;
  }
  std::int64_t integer() { return sqlite3_column_int64(statement_, at_++); }
  std::optional<std::int64_t> maybe() {
    const bool is_null = sqlite3_column_type(statement_, at_) == SQLITE_NULL;
    const std::int64_t value = integer();
    return is_null ? std::nullopt : std::optional(value);
  }
  // Valid until the next step.
  std::string_view text() {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, at_));
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, at_++))};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int at_ = 0;
};

// Reads one column after another.
class Columns {
 public:
  explicit Columns(SQLite::Statement& statement, int from = 0) : statement_(statement), at_(from) {}
  std::string text() { return statement_.getColumn(at_++).getString(); }
  std::int64_t integer() { return statement_.getColumn(at_++).getInt64(); }
  std::optional<std::int64_t> maybe() {
    const auto column = statement_.getColumn(at_++);
    return column.isNull() ? std::nullopt : std::optional<std::int64_t>(column.getInt64());
  }
  template <class E>
  std::optional<E> word() {
    return base::enum_from_name<E>(text());
  }
  history::WorkKey key() {
    history::WorkKey key;
    key.structure = text();
    key.models = text();
    key.work_size = maybe();
    key.scene_count = integer();
    key.device = text();
    key.executed = text();
    if (const auto is_cold = maybe()) key.is_cold = *is_cold != 0;
    return key;
  }

 private:
  SQLite::Statement& statement_;
  int at_;
};

}  // namespace comfytrace::bench

#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "base/result.h"
#include "history/sqlite/text_hash.h"

// SQLite through SQLiteCpp, whose exceptions end at `guarded`.
namespace comfytrace::history::sqlite {

// One use of a prepared statement. It is reset at the end, so that no read transaction stays open.
class Query {
 public:
  Query(SQLite::Statement& statement, int& in_use) : statement_(&statement), in_use_(&in_use) { ++in_use; }
  ~Query() {
    if (!statement_) return;
    --*in_use_;
    statement_->tryReset();
    statement_->clearBindings();
  }
  Query(Query&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), in_use_(other.in_use_), bound_(other.bound_) {}

  Query& bind(std::int64_t value) {
    statement_->bind(++bound_, value);
    return *this;
  }
  // Text must live until the query is done.
  Query& bind(std::string_view text);
  // The same without a copy.
  Query& bind_kept(const std::string& text) {
    statement_->bindNoCopy(++bound_, text);
    return *this;
  }
  Query& bind_blob(std::string_view bytes);
  Query& bind_real(double value) {
    statement_->bind(++bound_, value);
    return *this;
  }
  Query& bind_null() {
    statement_->bind(++bound_);
    return *this;
  }
  template <class T>
  Query& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }
  // A run's or prompt's id: a canonical UUID as 16 bytes, anything else as text.
  Query& bind_id(std::string_view id);

  // Made ready for other values.
  Query& again() {
    statement_->reset();
    bound_ = 0;
    return *this;
  }

  bool step() { return statement_->executeStep(); }
  // For statements without rows: how many rows changed.
  int run() { return statement_->exec(); }

  [[nodiscard]] bool is_null(int column) const { return statement_->isColumnNull(column); }
  [[nodiscard]] std::int64_t integer(int column) const { return statement_->getColumn(column).getInt64(); }
  [[nodiscard]] double real(int column) const { return statement_->getColumn(column).getDouble(); }
  [[nodiscard]] std::optional<std::int64_t> maybe_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
  // Valid until the next step.
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }
  [[nodiscard]] std::optional<std::string> maybe_text(int column) const {
    return is_null(column) ? std::nullopt : std::optional(text(column));
  }
  [[nodiscard]] std::string id(int column) const;

 private:
  SQLite::Statement* statement_;
  int* in_use_;
  int bound_ = 0;
};

class Connection {
 public:
  enum class Mode { write, read, read_immutable };
  // Throws SQLite::Exception.
  Connection(const std::filesystem::path& path, Mode mode, std::int64_t cache_bytes);
  Connection(const Connection&) = delete;

  // `sql` is prepared once and kept.
  [[nodiscard]] Query query(std::string_view sql);
  void exec(const std::string& sql) { database_.exec(sql); }
  [[nodiscard]] std::int64_t pragma(const std::string& name);
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] SQLite::Database& database() { return database_; }
  // Writes a long log back into the file. It does not happen by itself at the end of a commit: whoever waits for what
  // follows that would wait for this.
  void checkpoint();
  // Changes whenever what this connection can see may have changed.
  [[nodiscard]] std::pair<std::int64_t, std::int64_t> data_version();

 private:
  std::filesystem::path path_;
  SQLite::Database database_;
  std::unordered_map<std::string, SQLite::Statement, TextHash, std::equal_to<>> statements_;
  int in_use_ = 0;
  int log_pages_ = 0;
};

// BEGIN … COMMIT; rolls back unless `commit` was called. Reading: one snapshot for several queries.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

// Thrown and caught within this folder only.
struct Damaged {
  std::string what;
};
struct Refused {
  base::Error error;
};

[[nodiscard]] base::Error to_error(const std::filesystem::path& path, const SQLite::Exception& exception);

// Runs `work`, turning what it throws into an Error.
template <class Work>
auto guarded(const std::filesystem::path& path, Work&& work) -> base::Result<std::invoke_result_t<Work>> {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Work>>) {
      work();
      return {};
    } else {
      return work();
    }
  } catch (const SQLite::Exception& exception) {
    return to_error(path, exception);
  } catch (const Refused& refused) {
    return refused.error;
  } catch (const Damaged& damaged) {
    return base::Error{base::ErrorCode::corrupt, path.string() + ": " + damaged.what, "",
                       "restore a backup, or start a new history with --store"};
  }
}

}  // namespace comfytrace::history::sqlite

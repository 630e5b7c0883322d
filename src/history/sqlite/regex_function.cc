#include "history/sqlite/regex_function.h"

#include <sqlite3.h>

namespace comfytrace::history::sqlite {
namespace {

std::string_view text_of(sqlite3_value* value) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text ? std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string_view();
}

void run_regex(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[1]) == SQLITE_NULL) return sqlite3_result_int(context, 0);
  auto* function = static_cast<RegexFunction*>(sqlite3_user_data(context));
  const RunRegex* regex = function->compiled(text_of(values[0]));
  if (!regex) return sqlite3_result_error(context, "not a regular expression", -1);
  sqlite3_result_int(context, regex->finds(text_of(values[1])) ? 1 : 0);
}

}  // namespace

RegexFunction::RegexFunction(Connection& connection) {
  sqlite3* database = connection.database().getHandle();
  const int code = sqlite3_create_function_v2(database, "run_regex", 2, SQLITE_UTF8 | SQLITE_DETERMINISTIC, this,
                                              &run_regex, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw SQLite::Exception(database, code);
}

const RunRegex* RegexFunction::compiled(std::string_view pattern) {
  if (!last_ || last_->pattern() != pattern) {
    auto regex = RunRegex::compile(pattern);
    if (!regex) return nullptr;
    last_ = std::move(*regex);
  }
  return &*last_;
}

}  // namespace comfytrace::history::sqlite

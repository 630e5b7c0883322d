#pragma once

#include <optional>

#include "history/run_regex.h"
#include "history/sqlite/connection.h"

namespace comfytrace::history::sqlite {

// The SQL function `run_regex(pattern, text)`: whether the expression is found in the text; 0 if there is no text.
// Registered with the connection; must be there while queries run.
class RegexFunction {
 public:
  explicit RegexFunction(Connection& connection);
  RegexFunction(const RegexFunction&) = delete;

  // Null: it is no regular expression. Kept for the next call.
  [[nodiscard]] const RunRegex* compiled(std::string_view pattern);

 private:
  std::optional<RunRegex> last_;
};

}  // namespace comfytrace::history::sqlite

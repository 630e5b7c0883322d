#include "history/run_regex.h"

#include <re2/re2.h>

#include <algorithm>

namespace comfytrace::history {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::int64_t kMaxBytes = 4 << 20;  // of one compiled expression with its automata
constexpr int kMaxInstructions = 20'000;     // a larger program searches slowly, though still in linear time
constexpr std::string_view kMend =
    "RE2's syntax, as in .*\\bcastle\\b|tower; a backslash takes the sense from * + ? . ( ) [";

Error refused(std::string message, std::string mend) {
  return Error{ErrorCode::invalid, std::move(message), "regex", std::move(mend)};
}

re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

base::Result<RunRegex> RunRegex::compile(std::string_view pattern) {
  if (pattern.empty()) return refused("regex is empty", "leave it out to take all");
  if (pattern.size() > kMaxPatternBytes) {
    return refused("the regular expression is too long", std::to_string(kMaxPatternBytes) + " bytes at most");
  }
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  options.set_max_mem(kMaxBytes);
  auto compiled = std::make_shared<const re2::RE2>(piece(pattern), options);
  const std::string smaller = "fewer or smaller repetitions: x{1000} stands for a thousand x";
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    return refused("the regular expression is too large when it is written out", smaller);
  }
  if (!compiled->ok()) {
    const std::string& where = compiled->error_arg();
    return refused("not a regular expression: " + compiled->error() + (where.empty() ? "" : " at \"" + where + "\""),
                   std::string(kMend));
  }
  if (compiled->ProgramSize() > kMaxInstructions) {
    return refused("the regular expression is too large when it is written out", smaller);
  }
  return RunRegex(std::move(compiled));
}

bool RunRegex::finds(std::string_view text) const {
  return re2::RE2::PartialMatch(piece(text), *compiled_);
}

bool RunRegex::finds(const model::Run& run) const {
  const auto in = [this](const std::optional<std::string>& text) { return text && finds(*text); };
  if (finds(run.title) || in(run.notes)) return true;
  for (const auto& scene : run.scenes) {
    if (in(scene.parameters.positive_prompt) || in(scene.parameters.negative_prompt)) return true;
  }
  return in(model::summarise(run).error);
}

const std::string& RunRegex::pattern() const {
  return compiled_->pattern();
}

}  // namespace comfytrace::history

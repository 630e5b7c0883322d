#include <fmt/format.h>

#include "app/commands/command.h"
#include "app/history_question.h"
#include "app/human.h"
#include "app/owning_server.h"
#include "base/clock.h"
#include "history/sqlite/sqlite_history.h"
#include "insight/recommendation_engine.h"
#include "net/http.h"

namespace comfytrace::app {
namespace {

using history::Recommendation;
using history::RecommendationSeverity;
using history::RecommendationState;

Tone tone_of(RecommendationSeverity severity) {
  if (severity == RecommendationSeverity::critical) return Tone::bad;
  return severity == RecommendationSeverity::warning ? Tone::warning : Tone::strong;
}

std::string text_of(const Recommendation& one) {
  std::string out =
      said(fmt::format("{}: {}", base::enum_name(one.severity), one.message), tone_of(one.severity)) + "\n";
  if (one.suggested_action) out += "  " + said(*one.suggested_action) + "\n";
  std::string evidence = fmt::format("  {}, {}, confidence {:.0f} %, {} runs", one.id, base::enum_name(one.state),
                                     one.confidence * 100, one.evidence_run_ids.size());
  if (!one.evidence_run_ids.empty()) evidence += ", newest " + one.evidence_run_ids.front();
  return out + said(evidence, Tone::quiet) + "\n";
}

int list(const CommonOptions& common, const RecommendOptions& options) {
  auto question = ask_history(common.flags, {});
  if (!question) return report(question.error());
  // Looked for anew, so that a history without a server has some too; nothing is saved here.
  insight::RuleInput input;
  input.now_ms = question->now_ms;
  const auto found = insight::update_recommendations(*question->reader, input);
  if (!found) return report(found.error());
  std::vector<Recommendation> shown = found->open;
  if (options.all) {
    const auto known = question->reader->recommendations();
    if (!known) return report(known.error());
    for (const Recommendation& one : *known) {
      if (one.state != RecommendationState::open) shown.push_back(one);
    }
  }
  if (common.json) {
    print_line(base::encode_json(shown));
    return kDone;
  }
  for (const Recommendation& one : shown) std::fputs((text_of(one) + "\n").c_str(), stdout);
  if (shown.empty()) print_line("Nothing to recommend.");
  return kDone;
}

// A running server owns the file, so it is asked to; else the file is opened here.
base::Result<Recommendation> act(const Settings& settings, const RecommendOptions& options,
                                 insight::RecommendationAction action, std::int64_t now_ms) {
  const std::int64_t until_ms = now_ms + options.days * 86'400'000;
  const auto server = owning_server(settings);
  if (!server) return server.error();
  if (*server) {
    const std::string body =
        action == insight::RecommendationAction::defer ? fmt::format(R"({{"untilMs":{}}})", until_ms) : std::string();
    const std::string target =
        fmt::format("/api/v1/recommendations/{}:{}", net::percent_encode(options.id), base::enum_name(action));
    auto answer = (*server)->call("POST", target, body);
    if (!answer) return answer.error();
    Recommendation changed;
    if (auto done = base::decode(*answer, changed); !done) return done.error();
    return changed;
  }
  auto opened = history::SqliteHistory::open(settings.store);
  if (!opened) return opened.error();
  const auto known = (*opened)->recommendations();
  if (!known) return known.error();
  auto changed = insight::act_on(*known, options.id, action, now_ms, until_ms);
  if (!changed) return changed.error();
  if (auto saved = (*opened)->save_recommendation(*changed); !saved) return saved.error();
  return changed;
}

}  // namespace

int recommend_command(const CommonOptions& common, const RecommendOptions& options) {
  if (options.action.empty()) return list(common, options);
  const auto action = base::enum_from_name<insight::RecommendationAction>(options.action);
  if (!action) {
    return report({base::ErrorCode::invalid, "unknown action \"" + options.action + "\"", "action",
                   "one of: " + base::enum_names<insight::RecommendationAction>()});
  }
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  const auto changed = act(*settings, options, *action, base::system_clock().now_ms());
  if (!changed) return report(changed.error());
  if (common.json) {
    print_line(base::encode_json(*changed));
  } else {
    std::fputs(text_of(*changed).c_str(), stdout);
  }
  return kDone;
}

}  // namespace comfytrace::app

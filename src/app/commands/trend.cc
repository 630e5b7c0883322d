#include <fmt/format.h>

#include "app/commands/command.h"
#include "app/history_question.h"
#include "app/human.h"
#include "app/sparkline.h"
#include "insight/trend.h"
#include "insight/wording.h"

namespace comfytrace::app {
namespace {

template <class E>
base::Result<void> read_word(const std::string& text, const char* flag, E& value) {
  if (text.empty()) return {};
  const auto word = base::enum_from_name<E>(text);
  if (!word) {
    return base::Error{base::ErrorCode::invalid, "unknown word \"" + text + "\"", flag,
                       "one of: " + base::enum_names<E>()};
  }
  value = *word;
  return {};
}

Tone tone_of(insight::Verdict verdict) {
  if (verdict == insight::Verdict::better) return Tone::good;
  return verdict == insight::Verdict::worse ? Tone::warning : Tone::quiet;
}

std::string evidence_of(const insight::TrendStep& step) {
  std::string text;
  if (step.size_interval) {
    text = fmt::format("95 % {} to {}, ", insight::signed_percent_words(step.size_interval->low),
                       insight::signed_percent_words(step.size_interval->high));
  }
  text += fmt::format("n {} and {}, p {:.2g}, confidence {}", step.n_before, step.n_after, step.p_value,
                      base::enum_name(step.confidence));
  return text;
}

std::string trend_text(const insight::Trend& trend) {
  std::string out = said(trend.sentence, tone_of(trend.verdict)) + "\n";
  out += sparkline(trend.series.y, std::min<std::size_t>(terminal_width(), 100)) + "\n";
  if (trend.from_ms && trend.to_ms) {
    out += toned(fmt::format("{} to {}, {} runs of {}{}", human_time(trend.from_ms), human_time(trend.to_ms),
                             trend.runs_judged, trend.runs,
                             trend.smallest_step ? fmt::format("; a step of {} would show within 8 runs",
                                                               insight::percent_words(*trend.smallest_step))
                                                 : ""),
                 Tone::quiet) +
           "\n";
  }
  if (!trend.scale_sentence.empty()) out += said(trend.scale_sentence, Tone::quiet) + "\n";
  for (const insight::TrendStep& step : trend.steps) {
    out += "\n" + said(step.sentence, tone_of(step.verdict)) + "\n  " + toned(evidence_of(step), Tone::quiet) + "\n";
    for (const insight::WhatChanged& change : step.what_changed) {
      const auto value = [](const std::string& text) { return text.empty() ? "not known" : said(text); };
      out +=
          fmt::format("  {} {} -> {}{}\n", change.what, value(change.before), value(change.after),
                      toned(fmt::format("  explains {}", insight::percent_words(change.explains_ratio)), Tone::quiet));
    }
  }
  if (!trend.slope.sentence.empty()) out += "\n" + said(trend.slope.sentence, tone_of(trend.slope.verdict)) + "\n";
  return out;
}

}  // namespace

int trend_command(const CommonOptions& common, const TrendOptions& options) {
  insight::TrendQuery query;
  if (auto done = read_word(options.metric, "--metric", query.metric); !done) return report(done.error());
  if (!options.bucket.empty()) {
    if (auto done = read_word(options.bucket, "--bucket", query.bucket.emplace()); !done) return report(done.error());
  }
  auto question = ask_history(common.flags, options.filter);
  if (!question) return report(question.error());
  query.filter = question->filter;
  query.like_for_like = !options.as_it_is;
  query.utc_offset_ms = local_utc_offset_ms();
  const auto trend = insight::trend_of(*question->reader, query);
  if (!trend) return report(trend.error());
  if (common.json) {
    print_line(base::encode_json(*trend));
  } else {
    std::fputs(trend_text(*trend).c_str(), stdout);
  }
  return kDone;
}

}  // namespace comfytrace::app

#include <fmt/format.h>

#include "app/commands/command.h"
#include "app/history_question.h"
#include "app/human.h"
#include "base/text.h"
#include "insight/comparison.h"
#include "insight/run_difference.h"
#include "insight/wording.h"

namespace comfytrace::app {
namespace {

using insight::Verdict;

Tone tone_of(Verdict verdict) {
  if (verdict == Verdict::better) return Tone::good;
  return verdict == Verdict::worse ? Tone::warning : Tone::quiet;
}

std::string duration(const std::optional<double>& ms) {
  return ms ? insight::duration_words(*ms) : "-";
}
std::string percent(const std::optional<double>& ratio) {
  return ratio ? insight::signed_percent_words(*ratio) : "-";
}

std::string baseline_text(const insight::RunComparison& comparison) {
  std::string out = said(comparison.sentence, tone_of(comparison.verdict)) + "\n";
  if (!comparison.explanation.empty()) out += said(comparison.explanation) + "\n";
  out += said(comparison.cohort.sentence, Tone::quiet) + "\n";
  for (const insight::NotEqual& other : comparison.cohort.not_equal) {
    out +=
        said(fmt::format("  differs: {}, {} here, {}", other.what, other.this_run.value_or("not known"), other.cohort),
             Tone::quiet) +
        "\n";
  }
  for (const insight::MetricComparison* metric : {&comparison.vram_peak, &comparison.queue_wait}) {
    if (!metric->sentence.empty()) out += said(metric->sentence, tone_of(metric->verdict)) + "\n";
  }
  if (comparison.node_classes.empty()) {
    if (comparison.nodes_missing) out += said(*comparison.nodes_missing, Tone::quiet) + "\n";
    return out;
  }
  Table table({"NODE CLASS", "TOOK", "LIKE RUNS", "CHANGE", "N", "P"});
  for (const insight::NodeComparison& node : comparison.node_classes) {
    table.add({node.class_type, insight::duration_words(node.duration_ms), duration(node.baseline_median_ms),
               percent(node.delta_ratio), std::to_string(node.n),
               node.p_value ? fmt::format("{:.2g}", *node.p_value) : "-"});
  }
  return out + "\n" + table.text(terminal_width());
}

std::vector<std::string> header_of(const insight::RunDifference& difference) {
  std::vector<std::string> header{""};
  for (std::size_t i = 0; i < difference.runs.size(); ++i) header.push_back(std::string(1, static_cast<char>('A' + i)));
  return header;
}

void add_rows(Table& table, const std::vector<insight::TextDifference>& rows) {
  for (const insight::TextDifference& row : rows) {
    std::vector<std::string> cells{row.name};
    for (const auto& value : row.values) cells.push_back(value ? base::bounded_text(*value, 60) : "-");
    table.add(std::move(cells));
  }
}

std::string difference_text(const insight::RunDifference& difference) {
  std::string out;
  for (std::size_t i = 0; i < difference.runs.size(); ++i) {
    const auto& run = difference.runs[i];
    out += fmt::format("{}  {}  {}  {}\n", static_cast<char>('A' + i), human_time(run.created_at_ms), run.run_id,
                       base::printable(run.title));
  }
  out += "\n" + said(difference.sentence) + "\n";
  for (const std::string& reason : difference.not_like) out += said("  " + reason, Tone::quiet) + "\n";
  Table texts(header_of(difference));
  add_rows(texts, difference.outcome);
  add_rows(texts, difference.environment);
  for (const insight::SceneDifference& scene : difference.scenes) add_rows(texts, scene.parameters);
  out += "\n" + texts.text(terminal_width());
  if (difference.node_classes.empty()) {
    return out + (difference.nodes_missing ? said(*difference.nodes_missing, Tone::quiet) + "\n" : "");
  }
  std::vector<std::string> header = header_of(difference);
  header.front() = "NODE CLASS";
  header.emplace_back("CHANGE");
  Table nodes(std::move(header));
  for (const insight::NodeDifference& node : difference.node_classes) {
    std::vector<std::string> cells{node.class_type};
    for (const auto& took_ms : node.duration_ms) cells.push_back(duration(took_ms));
    cells.push_back(percent(node.delta_ratio));
    nodes.add(std::move(cells));
  }
  return out + "\n" + nodes.text(terminal_width());
}

template <class T>
int show(const CommonOptions& common, const base::Result<T>& result, std::string (*text)(const T&)) {
  if (!result) return report(result.error());
  if (common.json) {
    print_line(base::encode_json(*result));
  } else {
    std::fputs(text(*result).c_str(), stdout);
  }
  return kDone;
}

}  // namespace

int compare_command(const CommonOptions& common, const CompareOptions& options) {
  auto question = ask_history(common.flags, {});
  if (!question) return report(question.error());
  auto ids = run_ids_of(options.run_ids, *question->reader);
  if (!ids) return report(ids.error());
  if (ids->size() == 1)
    return show(common, insight::compare_with_baseline(*question->reader, ids->front()), &baseline_text);
  return show(common, insight::difference_of(*question->reader, *ids), &difference_text);
}

}  // namespace comfytrace::app

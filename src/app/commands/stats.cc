#include <fmt/format.h>

#include <map>

#include "app/commands/command.h"
#include "app/history_question.h"
#include "app/human.h"
#include "app/sparkline.h"
#include "history/time_bucket.h"
#include "insight/wording.h"

namespace comfytrace::app {
namespace {

using history::Distribution;
using history::GroupStatistics;

std::string duration(const std::optional<double>& ms) {
  return ms ? insight::duration_words(*ms) : "-";
}

std::string rate(const GroupStatistics& group) {
  return group.success_rate ? fmt::format("{:.1f} %", *group.success_rate * 100) : "-";
}

std::string line(std::string_view label, const std::string& value, const std::string& more = "") {
  return fmt::format("  {:<14} {}{}\n", label, value, more.empty() ? "" : toned("  " + more, Tone::quiet));
}

std::string total_text(const GroupStatistics& total) {
  std::string out;
  out += line(
      "runs", std::to_string(total.runs),
      fmt::format("{} succeeded, {} failed, {} partial, {} timed out, {} cancelled, {} open", total.runs_succeeded,
                  total.runs_failed, total.runs_partial, total.runs_timed_out, total.runs_cancelled, total.runs_open));
  out += line("scenes", fmt::format("{} of {} succeeded", total.scenes_succeeded, total.scenes),
              fmt::format("{} attempts, {} out of memory, {} timed out", total.attempts, total.attempts_out_of_memory,
                          total.attempts_timed_out));
  out += line("success rate", rate(total), "of the runs that ended and that nobody took back");
  const Distribution& took = total.duration_ms;
  if (took.n > 0) {
    out += line("took",
                fmt::format("median {}, p95 {}, p99 {}", duration(took.median), duration(took.p95), duration(took.p99)),
                fmt::format("{} to {}, mean {}, standard deviation {}, {} runs{}", duration(took.min),
                            duration(took.max), duration(took.mean), duration(took.standard_deviation), took.n,
                            took.exact ? "" : "; percentiles within 0.2 %"));
    out += line("GPU time", fmt::format("{:.1f} h", took.sum / 3'600'000));
  }
  if (total.queue_wait_ms.n > 0) {
    out +=
        line("waited",
             fmt::format("median {}, p95 {}", duration(total.queue_wait_ms.median), duration(total.queue_wait_ms.p95)),
             fmt::format("{} runs", total.queue_wait_ms.n));
  }
  if (const Distribution& peak = total.vram_peak_bytes; peak.n > 0) {
    out +=
        line("VRAM peak",
             fmt::format("median {}, at most {}", insight::bytes_words(*peak.median), insight::bytes_words(*peak.max)),
             fmt::format("{} runs", peak.n));
  }
  out += line("frames", std::to_string(total.frames));
  return out;
}

std::string groups_text(const history::Statistics& statistics, history::GroupBy by,
                        const std::map<std::string, std::string>& names) {
  const bool nodes = by == history::GroupBy::nodeClass;
  Table table({std::string(base::enum_name(by)), nodes ? "EXECUTIONS" : "RUNS", "SUCCESS", "MEDIAN", "P95", "SUM", ""});
  double largest = 0;
  for (const GroupStatistics& group : statistics.groups) largest = std::max(largest, group.duration_ms.sum);
  for (const GroupStatistics& group : statistics.groups) {
    const auto name = names.find(group.key);
    const std::string& key = name == names.end() ? group.key : name->second;
    table.add({key.empty() ? "not known" : key, std::to_string(nodes ? group.executions : group.runs), rate(group),
               duration(group.duration_ms.median), duration(group.duration_ms.p95),
               insight::duration_words(group.duration_ms.sum),
               bar(largest > 0 ? group.duration_ms.sum / largest : 0, 20)});
  }
  return table.text(terminal_width());
}

}  // namespace

int stats_command(const CommonOptions& common, const StatsOptions& options) {
  auto question = ask_history(common.flags, options.filter);
  if (!question) return report(question.error());
  history::StatisticsQuery query;
  query.filter = question->filter;
  query.exact = options.exact;
  query.utc_offset_ms = local_utc_offset_ms();
  if (!options.by.empty()) {
    const auto by = base::enum_from_name<history::GroupBy>(options.by);
    if (!by) {
      return report({base::ErrorCode::invalid, "there is no group \"" + options.by + "\"", "--by",
                     "one of: " + base::enum_names<history::GroupBy>()});
    }
    query.group_by = *by;
    query.max_groups = history::default_max_groups(*by);
  }
  const auto statistics = question->reader->statistics(query);
  if (!statistics) return report(statistics.error());
  if (common.json) {
    print_line(base::encode_json(*statistics));
    return kDone;
  }
  if (statistics->total.runs == 0) {
    print_line(options.filter.empty() ? "No runs yet. `comfytrace serve` records them." : "No run matches.");
    return kDone;
  }
  std::fputs(total_text(statistics->total).c_str(), stdout);
  if (query.group_by == history::GroupBy::none) return kDone;
  std::map<std::string, std::string> names;
  if (query.group_by == history::GroupBy::worker) {
    for (const model::Worker& worker : question->workers) names[worker.worker_id] = worker.name;
  }
  print_line("");
  std::fputs(groups_text(*statistics, query.group_by, names).c_str(), stdout);
  if (statistics->groups_left_out > 0)
    print_line(toned(fmt::format("{} groups more", statistics->groups_left_out), Tone::quiet));
  return kDone;
}

}  // namespace comfytrace::app

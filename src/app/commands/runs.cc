#include <fmt/format.h>

#include <map>

#include "api/run_query.h"
#include "app/commands/command.h"
#include "app/filter_flags.h"
#include "app/human.h"
#include "base/clock.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
int runs_command(const CommonOptions& common, const RunsOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  const std::int64_t now_ms = base::system_clock().now_ms();
  auto query = api::parse_run_query(options.query);
  if (!query) return report(of_flags(query.error()));
  auto reader = history::open_reader(settings->store);
  if (!reader) return report(reader.error());
  auto workers = (*reader)->workers();
  if (!workers) return report(workers.error());
  auto filter = api::resolve_filter(query->filter, **reader, {}, now_ms);
  if (!filter) return report(of_flags(filter.error()));
  auto page = (*reader)->page(*filter, query->sort, query->limit, query->cursor);
  if (!page) return report(of_flags(page.error()));
  if (common.json) {
    print_line(base::encode_json(*page));
    return kDone;
  }
  std::map<std::string, std::string> names;
  for (const model::Worker& worker : *workers) names[worker.worker_id] = worker.name;
  Table table({"STATUS", "WHEN", "TOOK", "SCENES", "TITLE", "MODEL", "WORKER", "RUN"});
  for (const model::RunSummary& run : page->runs) {
    std::string where;
    for (const std::string& id : run.worker_ids)
      where += (where.empty() ? "" : ",") + (names.contains(id) ? names[id] : id);
    table.add({std::string(base::enum_name(run.status)), human_time(run.created_at_ms), human_duration(run.duration_ms),
               run.scene_count == 1 ? "1" : fmt::format("{}/{}", run.scenes_succeeded, run.scene_count), run.title,
               run.model.value_or(""), where, run.run_id});
  }
  if (page->runs.empty()) {
    print_line(page->total == 0 && options.query.empty() ? "No runs yet. `comfytrace serve` records them."
                                                         : "No run matches.");
    return kDone;
  }
  std::fputs(table.text(terminal_width()).c_str(), stdout);
  print_line(toned(fmt::format("{} of {} runs{}", page->runs.size(), page->total,
                               page->next_cursor ? "; more with --cursor " + *page->next_cursor : ""),
                   Tone::quiet));
  return kDone;
}

}  // namespace comfytrace::app

#include "app/command_line.h"
#include "app/filter_flags.h"
#include "base/enum_names.h"
#include "history/run_questions.h"
#include "insight/recommendation_engine.h"
#include "insight/trend.h"

namespace comfytrace::app {
namespace {

void add_runs(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* runs = commands.add("runs", "List runs, newest first", [&a] { return runs_command(a.common, a.runs); });
  add_list_flags(runs, a.runs.query);
  add_filter_flags(runs, a.runs.query);
  add_settings(runs, a);
}

void add_presets(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* preset = commands.app().add_subcommand("preset", "Filters that are kept under a name");
  preset->require_subcommand(1);
  CLI::App* preset_list = commands.add_to(*preset, "list", "List them", [&a] { return preset_list_command(a.common); });
  CLI::App* preset_show =
      commands.add_to(*preset, "show", "Show one", [&a] { return preset_show_command(a.common, a.preset); });
  CLI::App* preset_save = commands.add_to(*preset, "save", "Keep the filter that the flags say, or replace it",
                                          [&a] { return preset_save_command(a.common, a.preset); });
  add_filter_flags(preset_save, a.preset.filter);
  preset_save->remove_option(preset_save->get_option("--preset"));
  preset_save->footer("Example: comfytrace preset save slow --duration-min 10m --from -7d");
  CLI::App* preset_delete =
      commands.add_to(*preset, "delete", "Delete one", [&a] { return preset_delete_command(a.common, a.preset); });
  for (CLI::App* one : {preset_show, preset_save, preset_delete})
    one->add_option("name", a.preset.name, "The preset's name")->required();
  for (CLI::App* one : {preset_list, preset_show, preset_save, preset_delete}) add_settings(one, a);
}

void add_prune(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* prune = commands.add("prune", "Remove old runs from the history; without --yes only say which",
                                 [&a] { return prune_command(a.common, a.prune); });
  prune->add_option("--older-than", a.prune.older_than, "Runs queued longer ago: 30d, 12h, 4w")->type_name("AGE");
  prune->add_option("--keep", a.prune.keep, "All but so many of the newest that match")->type_name("N");
  prune->add_option("--max-bytes", a.prune.max_bytes, "The oldest, until the history is no larger: 2GiB")
      ->type_name("SIZE");
  prune->add_flag("--yes", a.prune.yes, "Do it");
  prune->add_flag("--dry-run", a.prune.dry_run, "Only say what would go; so it is without --yes");
  add_filter_flags(prune, a.prune.filter);
  add_settings(prune, a);
  prune->footer(
      "Archived and tagged runs, and runs that have not ended, always stay. A running `comfytrace serve` does it in\n"
      "small batches while it goes on recording.\n"
      "Example: comfytrace prune --older-than 30d --status failed,cancelled --yes");
}

void add_answers(Commands& commands) {
  Arguments& a = commands.arguments();
  CLI::App* show = commands.add("show", "Show runs whole", [&a] { return show_command(a.common, a.show); });
  show->add_option("run", a.show.run_ids, "Run ids; `latest`; `-` reads them from standard input")->required();
  show->add_flag("--explain", a.show.explain, "Say why the record is as it is");
  add_settings(show, a);

  CLI::App* stats =
      commands.add("stats", "Statistics of the runs that match", [&a] { return stats_command(a.common, a.stats); });
  stats->add_option("--by", a.stats.by, "And of each " + base::enum_names<history::GroupBy>());
  stats->add_flag("--exact", a.stats.exact, "Exact percentiles however many runs match");
  add_filter_flags(stats, a.stats.filter);
  add_settings(stats, a);

  CLI::App* trend = commands.add("trend", "How a measure goes with time, where it stepped, and what changed there",
                                 [&a] { return trend_command(a.common, a.trend); });
  trend->add_option("--metric", a.trend.metric, base::enum_names<insight::Metric>() + " [duration]");
  trend->add_option("--bucket", a.trend.bucket,
                    base::enum_names<insight::TrendBucket>() + " [by how many runs there are]");
  trend->add_flag("--as-it-is", a.trend.as_it_is, "Not like for like: values as they are, whatever work is mixed");
  add_filter_flags(trend, a.trend.filter);
  add_settings(trend, a);

  CLI::App* compare = commands.add("compare", "One run against the runs like it, or several side by side",
                                   [&a] { return compare_command(a.common, a.compare); });
  compare->add_option("run", a.compare.run_ids, "Run ids; `latest`; `-` reads them from standard input")->required();
  add_settings(compare, a);

  CLI::App* recommend = commands.add("recommend", "What comfytrace suggests, with its evidence",
                                     [&a] { return recommend_command(a.common, a.recommend); });
  recommend->add_option("action", a.recommend.action,
                        base::enum_names<insight::RecommendationAction>() + "; none: list");
  recommend->add_option("id", a.recommend.id, "Of the recommendation that is acted on");
  recommend->add_option("--days", a.recommend.days, "For how long to defer it [7]")->check(CLI::Range(1, 3650));
  recommend->add_flag("--all", a.recommend.all, "Closed ones too");
  add_settings(recommend, a);
}

}  // namespace

void add_history_commands(Commands& commands) {
  add_runs(commands);
  add_presets(commands);
  add_prune(commands);
  add_answers(commands);
}

}  // namespace comfytrace::app

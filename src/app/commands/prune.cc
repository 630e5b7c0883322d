#include <fmt/format.h>

#include "api/prune_request.h"
#include "app/commands/command.h"
#include "app/filter_flags.h"
#include "app/human.h"
#include "app/owning_server.h"
#include "base/clock.h"
#include "base/codec.h"
#include "history/filter_values.h"
#include "history/run_rules.h"
#include "history/sqlite/sqlite_history.h"

namespace comfytrace::app {
namespace {

using base::Error;
using base::Result;

constexpr std::int64_t kPruneTimeout_ms = 3'600'000;

Result<std::optional<std::int64_t>> quantity(const char* flag, const std::string& text,
                                             Result<std::int64_t> (*parse)(std::string_view)) {
  if (text.empty()) return std::optional<std::int64_t>();
  auto number = parse(text);
  if (!number) return Error{number.error().code, number.error().message, flag, number.error().mend};
  return std::optional(*number);
}

Result<api::PruneRequest> request_of(const PruneOptions& options) {
  api::PruneRequest request;
  request.dry_run = options.dry_run || !options.yes;
  auto older = quantity("--older-than", options.older_than, history::parse_duration_ms);
  if (!older) return older.error();
  auto keep = quantity("--keep", options.keep, history::parse_count);
  if (!keep) return keep.error();
  auto bytes = quantity("--max-bytes", options.max_bytes, history::parse_bytes);
  if (!bytes) return bytes.error();
  request.older_than_ms = *older;
  request.keep = *keep;
  request.max_bytes = *bytes;
  if (!history::check_rule(request.rule({}, 0))) {
    return Error{base::ErrorCode::invalid, "nothing says which runs may go", "",
                 "give --older-than 30d, --keep 1000 or --max-bytes 2GiB"};
  }
  auto filter = api::parse_filter_request(options.filter);
  if (!filter) return of_flags(filter.error());
  request.filter = std::move(*filter);
  return request;
}

Result<api::PruneAnswer> prune_through(const ServerClient& server, const api::PruneRequest& request) {
  auto answer = server.call("POST", "/api/v1/runs:prune", request.to_json(), kPruneTimeout_ms);
  if (!answer) return answer.error();
  api::PruneAnswer report;
  if (auto read = base::decode(*answer, report); !read) return read.error();
  return report;
}

Result<api::PruneAnswer> prune_here(const Settings& settings, const api::PruneRequest& request) {
  auto reader = history::open_reader(settings.store);
  if (!reader) return reader.error();
  const std::int64_t now_ms = base::system_clock().now_ms();
  auto filter = api::resolve_filter(request.filter, **reader, {}, now_ms);
  if (!filter) return of_flags(filter.error());
  const history::PruneRule rule = request.rule(std::move(*filter), now_ms);
  if (rule.dry_run) {
    auto report = (*reader)->foresee(rule);
    if (!report) return report.error();
    return api::PruneAnswer{*report, true};
  }
  auto history = history::SqliteHistory::open(settings.store);
  if (!history) return history.error();
  auto report = (*history)->prune(rule, {});
  if (!report) return report.error();
  return api::PruneAnswer{*report, false};
}

void print(const api::PruneAnswer& report) {
  if (report.runs == 0) {
    print_line("No run may go.");
  } else {
    print_line(fmt::format("{} {} runs of {} to {}, about {}.", report.dry_run ? "Would remove" : "Removed",
                           report.runs, human_time(report.oldest_at_ms), human_time(report.newest_at_ms),
                           human_bytes(report.bytes)));
  }
  if (report.kept_open + report.kept_archived + report.kept_tagged > 0) {
    print_line(fmt::format("Kept all the same: {} archived, {} tagged, {} not ended.", report.kept_archived,
                           report.kept_tagged, report.kept_open));
  }
  if (report.dry_run && report.runs > 0) print_line("Nothing was removed; --yes does it.");
}

}  // namespace

int prune_command(const CommonOptions& common, const PruneOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  auto request = request_of(options);
  if (!request) return report(request.error());
  auto server = owning_server(*settings);
  if (!server) return report(server.error());
  const auto answer = *server ? prune_through(**server, *request) : prune_here(*settings, *request);
  if (!answer) return report(answer.error());
  if (common.json) {
    print_line(base::encode_json(*answer));
  } else {
    print(*answer);
  }
  return kDone;
}

}  // namespace comfytrace::app

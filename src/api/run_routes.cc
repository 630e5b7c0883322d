#include <functional>
#include <optional>
#include <utility>

#include "api/context.h"
#include "api/filter_docs.h"
#include "api/filtered_call.h"
#include "api/prune_request.h"
#include "api/run_json.h"
#include "api/run_patch.h"
#include "api/run_query.h"
#include "base/codec.h"

namespace comfytrace::api {
namespace {

constexpr std::string_view kNoSuchRun = "there is no run with this id";

// The recorder knows what happened last, the history what people wrote on the run.
std::optional<model::Run> newest_of(std::optional<model::Run> live, std::optional<model::Run> stored) {
  if (!live) return stored;
  if (stored) {
    if (!stored->title.empty()) live->title = std::move(stored->title);
    live->tags = std::move(stored->tags);
    live->notes = std::move(stored->notes);
    live->archived = stored->archived;
  }
  return live;
}

std::optional<model::Run> live_run(const Context& context, const std::string& run_id) {
  if (!context.services.find_live_run) return std::nullopt;
  return context.services.find_live_run(run_id);
}

// Calls `then` on a reader thread with the run, or answers that there is none.
void with_run(const Context& context, const CallPtr& call,
              std::function<void(const history::RunHistoryReader&, model::Run)> then) {
  context.ask(call, [call, then = std::move(then),
                     live = live_run(context, call->params[0])](const history::RunHistoryReader& reader) {
    auto stored = reader.get(call->params[0]);
    if (!stored && !live) return call->fail(stored.error());
    auto run = newest_of(live, stored ? std::move(*stored) : std::nullopt);
    if (!run) return call->fail(404, kNoSuchRun, "runId");
    then(reader, std::move(*run));
  });
}

void list_runs(const Context& context, const CallPtr& call) {
  auto query = parse_run_query(call->request.query);
  if (!query) return call->fail(query.error());
  context.ask(call, [call, asked = std::move(*query), watched = watched_workers(context),
                     now_ms = context.clock.now_ms()](const history::RunHistoryReader& reader) {
    const auto filter = resolve_filter(asked.filter, reader, watched, now_ms);
    if (!filter) return call->fail(filter.error());
    const auto page = reader.page(*filter, asked.sort, asked.limit, asked.cursor);
    if (!page) return call->fail(page.error());
    call->reply_json(base::encode_json(*page));
  });
}

void reply_pruned(const CallPtr& call, const base::Result<history::PruneReport>& report, bool dry_run) {
  if (!report) return call->fail(report.error());
  call->reply_json(base::encode_json(PruneAnswer{*report, dry_run}));
}

void prune_runs(Context& context, const CallPtr& call) {
  auto request = parse_prune_request(call->request.body);
  if (!request) return call->fail(request.error());
  context.ask(
      call, [call, asked = std::move(*request), watched = watched_workers(context), now_ms = context.clock.now_ms(),
             on_io = context.on_io()](const history::RunHistoryReader& reader) {
        const auto filter = resolve_filter(asked.filter, reader, watched, now_ms);
        if (!filter) return call->fail(filter.error());
        const history::PruneRule rule = asked.rule(*filter, now_ms);
        // A look at what would go must not hold up the writer.
        if (rule.dry_run) return reply_pruned(call, reader.foresee(rule), true);
        on_io([call, rule](Context& back) {
          back.services.prune(
              rule, [call](const base::Result<history::PruneReport>& report) { reply_pruned(call, report, false); });
        });
      });
}

void get_run(const Context& context, const CallPtr& call) {
  with_run(context, call,
           [call](const history::RunHistoryReader&, const model::Run& run) { call->reply_json(run_json(run)); });
}

void get_timeline(const Context& context, const CallPtr& call) {
  with_run(context, call, [call](const history::RunHistoryReader& reader, const model::Run& run) {
    const auto samples = reader.samples(run.run_id);
    if (!samples) return call->fail(samples.error());
    call->reply_json(timeline_json(run, *samples));
  });
}

void amended(Context& context, const CallPtr& call) {
  with_run(context, call, [call, on_io = context.on_io()](const history::RunHistoryReader&, const model::Run& run) {
    on_io([summary = model::summarise(run)](Context& back) { back.hub.run_changed(summary); });
    call->reply_json(run_json(run));
  });
}

void patch_run(Context& context, const CallPtr& call) {
  auto patch = parse_run_patch(call->request.body);
  if (!patch) return call->fail(patch.error());
  context.services.amend(call->params[0], std::move(*patch),
                         [call, on_io = context.on_io()](const base::Result<bool>& done) {
                           if (!done) return call->fail(done.error());
                           if (!*done) return call->fail(404, kNoSuchRun, "runId");
                           on_io([call](Context& back) { amended(back, call); });
                         });
}

void remove_run(Context& context, const CallPtr& call) {
  context.services.remove(call->params[0], [call, on_io = context.on_io()](const base::Result<bool>& done) {
    if (!done) return call->fail(done.error());
    if (!*done) return call->fail(404, kNoSuchRun, "runId");
    on_io([call](Context& back) {
      back.hub.run_deleted(call->params[0]);
      call->reply_nothing();
    });
  });
}

void delete_run(Context& context, const CallPtr& call) {
  with_run(context, call, [call, on_io = context.on_io()](const history::RunHistoryReader&, const model::Run& run) {
    if (model::is_open(run.status)) {
      return call->fail(409, "the run is still open", "runId", "cancel it in ComfyUI, or wait until it ends");
    }
    on_io([call](Context& back) { remove_run(back, call); });
  });
}

}  // namespace

void add_run_routes(Router& router, const ContextPtr& context) {
  router.add("GET", "/api/v1/runs",
             {.id = "listRuns",
              .summary = "Runs that match a filter",
              .query = filter_docs({{"sort", "", "string", false, kSchemaOf<history::RunSort>},
                                    {"limit", "1 to 1000, default 50", "integer"},
                                    {"cursor", "nextCursor of the page before"},
                                    {"offset", "runs to leave out, from the beginning or the cursor", "integer"}}),
              .response = kSchemaOf<history::RunPage>},
             [context](const CallPtr& call) { list_runs(*context, call); });
  router.add("POST", "/api/v1/runs:prune",
             {.id = "pruneRuns",
              .summary = "Removes old runs, or says which would go",
              .request = prune_request_schema,
              .response = kSchemaOf<PruneAnswer>},
             [context](const CallPtr& call) { prune_runs(*context, call); });
  router.add("GET", "/api/v1/runs/{runId}",
             {.id = "getRun", .summary = "One run without its node executions", .response = run_schema},
             [context](const CallPtr& call) { get_run(*context, call); });
  router.add("PATCH", "/api/v1/runs/{runId}",
             {.id = "amendRun",
              .summary = "Changes what a person may change",
              .request = run_patch_schema,
              .response = run_schema},
             [context](const CallPtr& call) { patch_run(*context, call); });
  router.add("DELETE", "/api/v1/runs/{runId}", {.id = "deleteRun", .summary = "Deletes a run that has ended"},
             [context](const CallPtr& call) { delete_run(*context, call); });
  router.add("GET", "/api/v1/runs/{runId}/timeline",
             {.id = "getTimeline",
              .summary = "Node executions and device readings of every attempt",
              .response = timeline_schema},
             [context](const CallPtr& call) { get_timeline(*context, call); });
}

}  // namespace comfytrace::api

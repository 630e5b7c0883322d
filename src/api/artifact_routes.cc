#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "api/context.h"

namespace comfytrace::api {
namespace {

struct Wanted {
  model::Artifact artifact;
  std::string worker_id;
};

std::optional<Wanted> artifact_at(const model::Run& run, std::string_view index_text) {
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(index_text.data(), index_text.data() + index_text.size(), index);
  if (error != std::errc{} || end != index_text.data() + index_text.size()) return std::nullopt;
  const auto places = model::artifacts_of(run);
  if (index >= places.size()) return std::nullopt;
  return Wanted{*places[index].artifact, places[index].attempt->worker_id};
}

std::string url_of(const std::string& worker_id, const std::vector<model::Worker>& workers) {
  for (const auto& worker : workers) {
    if (worker.worker_id == worker_id) return worker.url;
  }
  return "";
}

// `stored_workers`: those that the history knows; the ones that run now count first.
void fetch(Context& context, const CallPtr& call, const Wanted& wanted,
           const std::vector<model::Worker>& stored_workers) {
  std::vector<model::Worker> workers;
  for (auto& state : context.services.workers()) workers.push_back(std::move(state.worker));
  std::string url = url_of(wanted.worker_id, workers);
  if (url.empty()) url = url_of(wanted.worker_id, stored_workers);
  context.artifacts.fetch(call, wanted.artifact, url);
}

void get_artifact(Context& context, const CallPtr& call) {
  const std::string& run_id = call->params[0];
  const std::string& index = call->params[1];
  if (context.services.find_live_run) {
    if (const auto live = context.services.find_live_run(run_id)) {
      if (const auto wanted = artifact_at(*live, index)) {
        fetch(context, call, *wanted, {});
        return;
      }
    }
  }
  context.ask(call, [call, run_id, index, on_io = context.on_io()](const history::RunHistoryReader& reader) {
    const auto run = reader.get(run_id);
    if (!run) return call->fail(run.error());
    if (!*run) return call->fail(404, "there is no run with this id", "runId");
    auto wanted = artifact_at(**run, index);
    if (!wanted) return call->fail(404, "the run has no artifact with this number", "index");
    const auto workers = reader.workers();
    if (!workers) return call->fail(workers.error());
    on_io([call, wanted = std::move(*wanted), known = *workers](Context& back) { fetch(back, call, wanted, known); });
  });
}

}  // namespace

void add_artifact_routes(Router& router, const ContextPtr& context) {
  router.add("GET", "/api/v1/runs/{runId}/artifacts/{index}",
             {.id = "getArtifact",
              .summary = "An output file, fetched from its worker",
              .media_type = "application/octet-stream"},
             [context](const CallPtr& call) { get_artifact(*context, call); });
}

}  // namespace comfytrace::api

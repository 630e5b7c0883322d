#include <fmt/format.h>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include <fstream>
#include <optional>
#include <sstream>

#include "app/commands/command.h"
#include "app/house.h"
#include "app/human.h"
#include "app/server_client.h"
#include "app/token.h"
#include "base/uuid.h"

namespace comfytrace::app {
namespace {

base::Result<base::json::value> read_workflow_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return base::Error{base::ErrorCode::not_found, "cannot read " + file, "workflow"};
  std::stringstream text;
  text << in.rdbuf();
  auto graph = base::parse_json(text.str());
  if (!graph) return base::Error{base::ErrorCode::invalid, graph.error().message, file};
  if (auto fit = collect::check_api_graph(*graph); !fit)
    return base::Error{fit.error().code, fit.error().message, file, fit.error().mend};
  return graph;
}

struct Ended {
  std::string run_id;
  std::string outcome;  // a status word; "queued" when it was not waited for
  std::string reason;
};

int exit_code(const Ended& ended) {
  return ended.outcome == "success" || ended.outcome == "queued" ? kDone : kFailed;
}

void tell(const CommonOptions& common, const Ended& ended, const std::string& where) {
  if (common.json) {
    print_line(base::to_json(
        base::json::object{{"runId", ended.run_id}, {"status", ended.outcome}, {"exitReason", ended.reason}}));
    return;
  }
  print_line(fmt::format("{}{}  {}", ended.outcome,
                         ended.reason.empty() || ended.reason == ended.outcome ? "" : " (" + ended.reason + ")",
                         where));
}

// Through a comfytrace that is running: it holds the history, and gets every event of the prompt.
base::Result<Ended> run_through_server(const ServerClient& client, const RunOptions& options,
                                       const base::json::value& graph) {
  base::json::object body{{"workflow", graph}};
  if (!options.worker.empty()) body["worker"] = options.worker;
  if (!options.title.empty()) body["title"] = options.title;
  base::json::array tags;
  for (const std::string& tag : options.tags) tags.emplace_back(tag);
  body["tags"] = std::move(tags);
  auto answer = client.call("POST", "/api/v1/runs:submit", base::to_json(body), 60'000);
  if (!answer) return answer.error();
  Ended ended{base::find_string(*answer, "runId").value_or(""), "queued", ""};
  if (!options.wait) return ended;
  const auto look = [&]() -> bool {
    auto run = client.call("GET", "/api/v1/runs/" + net::percent_encode(ended.run_id));
    if (!run) return false;
    const std::string status = base::find_string(*run, "status").value_or("queued");
    if (status == "queued" || status == "executing") return false;
    ended.outcome = status;
    ended.reason = base::find_string(*run, "exitReason").value_or("");
    return true;
  };
  client.follow(
      "",
      [&](std::string_view frame) {
        // Any news of this run is a reason to look; the run itself says whether it has ended.
        return frame.find(ended.run_id) == std::string_view::npos || !look();
      },
      [](const base::Error&) { return true; });
  return ended;
}

// With nobody else there: records into the history itself.
base::Result<Ended> run_alone(const Settings& settings, const RunOptions& options, const base::json::value& graph) {
  net::asio::io_context io(1);
  HouseOptions house_options;
  house_options.with_server = false;
  Settings own = settings;
  if (!options.worker.empty()) own.workers = {{options.worker, ""}};
  auto house = House::build(io, own, house_options);
  if (!house) return house.error();
  if (auto started = (*house)->start(); !started) return started.error();
  std::optional<base::Error> failure;
  Ended ended{"", "queued", ""};
  collect::Submission submission;
  submission.worker = options.worker;
  submission.graph = graph;
  submission.title = options.title;
  submission.grouping.tags = options.tags;
  collect::SubmissionCallbacks callbacks;
  callbacks.answered = [&](base::Result<collect::SubmissionAnswer> answer) {
    if (!answer) {
      failure = answer.error();
      return io.stop();
    }
    ended.run_id = answer->run_id;
    if (!answer->answer.accepted) {
      ended.outcome = "failed";
      ended.reason = "validationError";
      return io.stop();
    }
    if (!options.wait) io.stop();
  };
  callbacks.changed = [&](const model::LiveScene& scene) {
    ended.outcome = base::enum_name(scene.status);
    if (model::is_open(scene.status)) return;
    ended.reason = scene.exit_reason ? base::enum_name(*scene.exit_reason) : "";
    // The worker's history may still complete the record: give it the time that takes.
    auto settle = std::make_shared<net::asio::steady_timer>(io, std::chrono::milliseconds(1'500));
    settle->async_wait([&io, settle](const net::error_code&) { io.stop(); });
  };
  (*house)->submitter().submit(std::move(submission), std::move(callbacks));
  net::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&io](const net::error_code& problem, int) {
    if (!problem) io.stop();
  });
  io.run();
  if (auto stopped = (*house)->stop(4'500); !stopped) return stopped.error();
  if (failure) return *failure;
  return ended;
}

}  // namespace

int run_command(const CommonOptions& common, const RunOptions& options) {
  auto settings = load_settings(common.flags, process_environment());
  if (!settings) return report(settings.error());
  std::vector<base::json::value> graphs;
  for (const std::string& file : options.workflows) {
    auto graph = read_workflow_file(file);
    if (!graph) return report(graph.error());
    graphs.push_back(std::move(*graph));
  }
  auto token = read_token(settings->token_file);
  if (!token) return report(token.error());
  auto url = net::parse_url(settings->own_url(), 8199);
  if (!url) return report(url.error());
  const ServerClient client(*url, *token);
  const bool server_is_up = client.call("GET", "/api/v1/health", "", 2'000).ok();
  std::size_t succeeded = 0;
  for (const base::json::value& graph : graphs) {
    auto ended = server_is_up ? run_through_server(client, options, graph) : run_alone(*settings, options, graph);
    if (!ended) return report(ended.error());
    tell(common, *ended,
         server_is_up ? settings->own_url() + "/runs/" + ended->run_id : "`comfytrace show " + ended->run_id + "`");
    if (exit_code(*ended) == kDone) ++succeeded;
  }
  if (succeeded == graphs.size()) return kDone;
  return succeeded == 0 ? kFailed : kPartly;
}

}  // namespace comfytrace::app

#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/alert_services.h"
#include "api/setup.h"
#include "api/submission.h"
#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "insight/eta_book.h"
#include "model/run.h"
#include "model/worker.h"

// What the server asks of the rest of the program. The program's wiring fills it in.
namespace comfytrace::api {

struct WriterHealth {
  std::int64_t pending = 0;  // runs that wait to be made durable
  bool failing = false;      // the last save failed and is being tried again
  std::optional<std::string> last_error;
};
BOOST_DESCRIBE_STRUCT(WriterHealth, (), (pending, failing, last_error))

// What this program itself uses.
struct Cost {
  std::optional<double> cpu_ratio;  // of one core, over the last while
  std::optional<std::int64_t> resident_bytes;
};
BOOST_DESCRIBE_STRUCT(Cost, (), (cpu_ratio, resident_bytes))

// Every function is called on the I/O thread. All must be set, except `find_live_run` and `submit`.
struct Services {
  using Question = std::function<void(const history::RunHistoryReader&)>;
  // Runs the question on a reader thread. False: too many wait already (answered with 503).
  std::function<bool(Question)> ask;

  // Through the writer. `done` may be called on any thread, once; false: there is no such run.
  using Done = std::function<void(base::Result<bool>)>;
  std::function<void(std::string run_id, history::RunPatch, Done)> amend;
  std::function<void(std::string run_id, Done)> remove;
  std::function<void(std::string name, Done)> remove_preset;
  using Saved = std::function<void(base::Result<void>)>;
  std::function<void(history::FilterPreset, Saved)> save_preset;
  using Pruned = std::function<void(base::Result<history::PruneReport>)>;
  std::function<void(history::PruneRule, Pruned)> prune;

  std::function<std::vector<model::WorkerState>()> workers;
  // Tries at once. False: there is no such worker.
  std::function<bool(std::string_view worker_id)> connect_now;
  // A run that the recorder still holds: newer than the history's, or not yet in it.
  std::function<std::optional<model::Run>(std::string_view run_id)> find_live_run;

  // Queues a workflow on a worker that is watched. `done` is called on the I/O thread, once. May be unset.
  using Submitted = std::function<void(base::Result<SubmissionAnswer>)>;
  std::function<void(Submission, Submitted)> submit;

  // Through the writer. `done` may be called on any thread, once.
  std::function<void(history::Recommendation, Saved done)> save_recommendation;
  // When what is open will be done.
  std::function<insight::EtaReport()> eta;

  std::function<WriterHealth()> writer;
  std::function<Cost()> cost;
  AlertServices alerts;  // may be unset
  Setup setup;
};

// One file of the page.
struct Asset {
  std::shared_ptr<const std::string> bytes;
  std::shared_ptr<const std::string> gzip;  // null: not worth it
  std::string content_type;                 // "text/html; charset=utf-8"
  std::string etag;                         // quoted: "\"3fd2…\""
  bool immutable = false;                   // its name changes with its content
};
// By path: "/index.html" (must be there), "/assets/index-3fd2.js", "/favicon.svg", …
using Assets = std::map<std::string, Asset, std::less<>>;

}  // namespace comfytrace::api

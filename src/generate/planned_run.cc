#include "generate/planned_run.h"

namespace comfytrace::generate {

using model::ExitReason;
using model::Status;

Status status_of(ExitReason reason) {
  switch (reason) {
    case ExitReason::success:
      return Status::success;
    case ExitReason::interrupted:
    case ExitReason::deleted:
      return Status::cancelled;
    case ExitReason::maxWait:
    case ExitReason::attemptLimit:
    case ExitReason::postExecution:
      return Status::timeout;
    default:
      return Status::failed;
  }
}

bool was_cached(const Workflow& workflow, std::size_t node, Cached cached) {
  switch (workflow.nodes[node].work) {
    case Work::load:
    case Work::setup:
      return cached != Cached::nothing;
    case Work::encode:
      return cached == Cached::allButSeed;
    default:
      return false;
  }
}

}  // namespace comfytrace::generate

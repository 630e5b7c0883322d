#pragma once

#include "api/server.h"
#include "app/alert_wiring.h"
#include "app/amended_runs.h"
#include "app/insight_desk.h"
#include "app/own_cost.h"
#include "collect/recorder.h"
#include "collect/submitter.h"
#include "history/history_pool.h"
#include "history/history_writer.h"

namespace comfytrace::app {

// The parts of the house that the API asks; each must outlive the services.
struct ServiceParts {
  collect::Recorder& recorder;
  collect::Submitter& submitter;
  history::HistoryPool& pool;
  history::HistoryWriter& writer;
  InsightDesk& insight;
  AlertWiring& alerts;
  OwnCost& cost;
  AmendedRuns& amended;
};

[[nodiscard]] api::Services services_of(const ServiceParts& parts);

}  // namespace comfytrace::app

#pragma once

#include <cstdint>

#include "model/run.h"

// The only place that sets an attempt's times. A better source replaces a worse one: the worker's stamp, then our
// clock at receipt, then our clock at a poll. Among the worker's own stamps the later told wins (its history), among
// our own readings the first. Node offsets keep naming the same instants when the start moves. Times are epoch ms.
namespace comfytrace::assemble {

// Each returns whether anything changed.
bool set_queued(model::Attempt& attempt, std::int64_t at_ms, model::TimeSource source);
bool set_started(model::Attempt& attempt, std::int64_t at_ms, model::TimeSource source);
bool set_finished(model::Attempt& attempt, std::int64_t at_ms, model::TimeSource source);

// Takes the end back: the attempt turned out not to be over, or to have ended at another time.
void clear_finished(model::Attempt& attempt);

}  // namespace comfytrace::assemble

#pragma once

#include <boost/describe.hpp>

// The closed vocabularies of the domain. Enumerator names are the words in JSON, in the database and on screen.
namespace comfytrace::model {

// `partial` is for runs only: some scenes succeeded, some did not.
enum class Status { queued, executing, success, failed, timeout, cancelled, skipped, partial };
BOOST_DESCRIBE_ENUM(Status, queued, executing, success, failed, timeout, cancelled, skipped, partial)

[[nodiscard]] constexpr bool is_open(Status status) {
  return status == Status::queued || status == Status::executing;
}

enum class ExitReason {
  success,
  maxWait,
  attemptLimit,
  postExecution,
  executionError,
  outOfMemory,
  validationError,
  interrupted,
  deleted,
  workerLost,
  unknown,
};
BOOST_DESCRIBE_ENUM(ExitReason, success, maxWait, attemptLimit, postExecution, executionError, outOfMemory,
                    validationError, interrupted, deleted, workerLost, unknown)

// How an attempt came to be known.
enum class Origin {
  observed,    // queued by somebody else while we watched
  submitted,   // queued by us
  backfilled,  // found in the worker's history afterwards
  imported,    // from a file
};
BOOST_DESCRIBE_ENUM(Origin, observed, submitted, backfilled, imported)

// Where a time came from, best first.
enum class TimeSource {
  server,   // ComfyUI's own epoch-ms stamp
  receipt,  // our clock when the frame arrived: good to some milliseconds
  poll,     // our clock at the poll that noticed it: good to the poll interval
};
BOOST_DESCRIBE_ENUM(TimeSource, server, receipt, poll)

enum class NodeState {
  running,
  finished,
  cached,       // held in ComfyUI's cache: not executed in this attempt
  failed,       // the node that raised
  interrupted,  // the node that an interrupt stopped
  abandoned,    // still running when the attempt ended
  blocked,      // execution blocked by a node before it; not an error
};
BOOST_DESCRIBE_ENUM(NodeState, running, finished, cached, failed, interrupted, abandoned, blocked)

enum class MediaKind { image, video, audio, text, other };
BOOST_DESCRIBE_ENUM(MediaKind, image, video, audio, text, other)

}  // namespace comfytrace::model

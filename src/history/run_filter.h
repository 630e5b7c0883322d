#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/words.h"

namespace comfytrace::history {

// Which runs. Empty lists and absent values do not restrict. All criteria must hold. What a run does not have (a
// duration, a peak) meets no bound on it. Read from and written to text by history/filter_grammar.h.
struct RunFilter {
  std::optional<std::int64_t> from_ms;  // created at or after
  std::optional<std::int64_t> to_ms;    // created before
  std::vector<model::Status> statuses;
  std::vector<model::ExitReason> exit_reasons;
  std::vector<std::string> worker_ids;
  std::vector<std::string> gpus;       // device names (case-insensitive), of any attempt
  std::vector<std::string> workflows;  // a fingerprint, or a workflow name (case-insensitive)
  std::vector<std::string> models;     // checkpoint file names
  // All bounds are inclusive.
  std::optional<std::int64_t> duration_min_ms;
  std::optional<std::int64_t> duration_max_ms;
  std::optional<std::int64_t> attempts_min;  // of all scenes together
  std::optional<std::int64_t> attempts_max;
  std::optional<std::int64_t> vram_peak_min_bytes;
  std::optional<std::int64_t> vram_peak_max_bytes;
  std::vector<std::string> tags;     // any of them
  std::optional<std::string> story;  // story id or title
  std::optional<std::string> text;   // words; each must occur, as a prefix, in title, prompts, error, notes or tags
  std::optional<std::string> regex;  // found in title, error, a prompt or the notes (history/run_regex.h)
  std::optional<bool> archived;
  bool operator==(const RunFilter&) const = default;
};
BOOST_DESCRIBE_STRUCT(RunFilter, (),
                      (from_ms, to_ms, statuses, exit_reasons, worker_ids, gpus, workflows, models, duration_min_ms,
                       duration_max_ms, attempts_min, attempts_max, vram_peak_min_bytes, vram_peak_max_bytes, tags,
                       story, text, regex, archived))

// The order of a list. Runs that lack the value come last; among equals the later saved comes first, except in `oldest`
// and `shortest`, where the earlier saved does.
enum class RunSort { newest, oldest, longest, shortest, vram };
BOOST_DESCRIBE_ENUM(RunSort, newest, oldest, longest, shortest, vram)

}  // namespace comfytrace::history

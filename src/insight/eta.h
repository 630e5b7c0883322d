#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "base/result.h"
#include "history/run_history.h"
#include "insight/stats/coverage_counter.h"
#include "insight/stats/interval.h"

// When something that executes or waits will be done, judged by what scenes like it took.
namespace comfytrace::insight {

constexpr double kEtaLevel = 0.8;

enum class EtaBasis {
  none,      // no claim: `reason` says why
  nodes,     // what the remaining nodes took in like scenes
  attempts,  // what like scenes took as a whole: this source does not tell nodes
};
BOOST_DESCRIBE_ENUM(EtaBasis, none, nodes, attempts)

// How often the truth was inside what was predicted.
struct EtaScore {
  double level = kEtaLevel;
  std::int64_t n = 0;
  std::int64_t inside = 0;
  std::int64_t sooner = 0;  // than the interval
  std::int64_t later = 0;
  std::optional<double> coverage_rate;
  std::optional<stats::Interval> coverage_interval;
  std::string sentence;  // "measured: 78 of 100 inside"
};
BOOST_DESCRIBE_STRUCT(EtaScore, (), (level, n, inside, sooner, later, coverage_rate, coverage_interval, sentence))
[[nodiscard]] EtaScore score_of(const stats::CoverageCounter& counter);

struct Eta {
  EtaBasis basis = EtaBasis::none;
  std::optional<std::int64_t> remaining_ms;      // as likely more as less
  std::optional<std::int64_t> remaining_low_ms;  // 80 %
  std::optional<std::int64_t> remaining_high_ms;
  std::optional<std::int64_t> done_at_ms;
  std::int64_t n = 0;                       // like scenes
  std::optional<history::LikeLevel> level;  // in what they are like
  std::int64_t needed = 0;                  // how many more are missing
  std::optional<double> steps_per_second;   // of the node that runs
  std::string reason;                       // why there is no claim, or what weakens it; else empty
};
BOOST_DESCRIBE_STRUCT(Eta, (),
                      (basis, remaining_ms, remaining_low_ms, remaining_high_ms, done_at_ms, n, level, needed,
                       steps_per_second, reason))

// What one attempt took, and each node that it executed.
struct PastNode {
  std::string node_id;  // display id
  std::string class_type;
  double duration_ms = 0;
};
struct PastAttempt {
  double duration_ms = 0;
  double overhead_ms = 0;       // that no node accounts for
  std::vector<PastNode> nodes;  // empty: not known
};
// What the history tells of scenes like one: made by a reader, used on the I/O thread.
struct EtaPast {
  std::optional<history::LikeLevel> level;  // absent: too few at every level
  std::vector<PastAttempt> attempts;        // newest first
};

struct EtaOptions {
  std::int64_t needs = 3;
  std::int64_t limit = 30;  // like scenes
};

// Reads the past of scenes like `key`. On a reader's thread. Errors: those of the reader.
[[nodiscard]] base::Result<EtaPast> load_eta_past(const history::RunHistoryReader& reader, const history::WorkKey& key,
                                                  const EtaOptions& options = {});

// Of a scene whose last attempt waits or executes. Pure, O(nodes of the attempt x past attempts).
[[nodiscard]] Eta estimate_scene(const model::Scene& scene, const EtaPast& past, std::int64_t now_ms);

}  // namespace comfytrace::insight

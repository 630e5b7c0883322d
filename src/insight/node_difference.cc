#include "insight/node_difference.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "insight/node_times.h"
#include "insight/stats/mann_whitney.h"
#include "insight/stats/multiple_tests.h"
#include "insight/stats/quantile.h"

namespace comfytrace::insight {
namespace {

using model::Run;

// What one node took in each scene of each run.
struct Line {
  NodeDifference node;
  std::vector<std::vector<double>> durations;  // by run
};

// By structure, node id and class; of a class by the class alone.
using Key = std::tuple<std::string, std::string, std::string>;

class Lines {
 public:
  explicit Lines(std::size_t runs) : runs_(runs) {}

  void add(std::size_t run, const NodeTime& time) {
    const auto [at, is_new] = places_.try_emplace(Key(time.structure, time.node_id, time.class_type), lines_.size());
    if (is_new) {
      Line line;
      line.node.node_id = time.node_id;
      line.node.class_type = time.class_type;
      line.node.title = time.title;
      line.node.executions.resize(runs_);
      line.node.cached.resize(runs_);
      line.durations.resize(runs_);
      lines_.push_back(std::move(line));
    }
    Line& line = lines_[at->second];
    line.node.executions[run] += time.executions;
    line.node.cached[run] += time.cached;
    if (time.executions > 0) line.durations[run].push_back(static_cast<double>(time.duration_ms));
  }
  [[nodiscard]] std::vector<Line> take() { return std::move(lines_); }

 private:
  std::size_t runs_;
  std::map<Key, std::size_t> places_;
  std::vector<Line> lines_;
};

double sum(const std::vector<double>& values) {
  double total = 0;
  for (const double value : values) total += value;
  return total;
}

std::vector<NodeDifference> told(std::vector<Line> lines, double whole_delta_ms) {
  std::vector<double> p_values;
  std::vector<std::size_t> tested;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    Line& line = lines[i];
    NodeDifference& node = line.node;
    for (const auto& of : line.durations) node.duration_ms.push_back(stats::median(of));
    const auto& first = line.durations.front();
    const auto& last = line.durations.back();
    if (whole_delta_ms != 0) node.share = (sum(last) - sum(first)) / whole_delta_ms;
    if (!node.duration_ms.front() || !node.duration_ms.back()) continue;
    node.delta_ms = *node.duration_ms.back() - *node.duration_ms.front();
    if (*node.duration_ms.front() > 0) node.delta_ratio = *node.duration_ms.back() / *node.duration_ms.front() - 1;
    if (!stats::rank_test_can_reach(first.size(), last.size())) continue;
    const auto ranks = stats::rank_test(first, last);
    node.delta_ms_interval = ranks.shift_interval;
    p_values.push_back(ranks.p_value);
    tested.push_back(i);
  }
  const auto adjusted = stats::benjamini_hochberg(p_values);
  for (std::size_t i = 0; i < tested.size(); ++i) lines[tested[i]].node.p_value = adjusted[i];
  std::vector<NodeDifference> nodes;
  nodes.reserve(lines.size());
  for (Line& line : lines) nodes.push_back(std::move(line.node));
  std::ranges::stable_sort(nodes, [](const NodeDifference& a, const NodeDifference& b) {
    return std::pair(std::abs(a.share.value_or(0)), std::abs(a.delta_ms.value_or(0))) >
           std::pair(std::abs(b.share.value_or(0)), std::abs(b.delta_ms.value_or(0)));
  });
  return nodes;
}

}  // namespace

void add_node_differences(std::span<const Run> runs, RunDifference& answer) {
  Lines nodes(runs.size());
  Lines classes(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    bool known = !runs[i].scenes.empty();
    for (const auto& scene : runs[i].scenes) {
      if (scene.attempts.empty() || !scene.attempts.back().node_times_known) {
        known = false;
        continue;
      }
      const auto times = node_times(scene, scene.attempts.back());
      for (const NodeTime& time : times) nodes.add(i, time);
      for (const NodeTime& time : class_times(times)) classes.add(i, time);
    }
    if (!known && !answer.nodes_missing)
      answer.nodes_missing = "node times are not known of every scene of run " + runs[i].run_id;
  }
  const double whole = static_cast<double>(runs.back().duration_ms.value_or(0)) -
                       static_cast<double>(runs.front().duration_ms.value_or(0));
  answer.nodes = told(nodes.take(), whole);
  answer.node_classes = told(classes.take(), whole);
}

}  // namespace comfytrace::insight

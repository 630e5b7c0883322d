#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "insight/rule_evidence.h"
#include "insight/stats/mann_kendall.h"
#include "insight/stats/quantile.h"
#include "insight/stats/theil_sen.h"
#include "insight/wording.h"

// Rules about GPUs and their memory.
namespace comfytrace::insight {
namespace {

using base::Result;
using history::RecommendationSeverity;
using history::RunFacts;
using Runs = std::vector<const RunFacts*>;

constexpr std::size_t kEarlier = 50;      // runs before the fallback that are looked at
constexpr std::size_t kSampledRuns = 20;  // newest runs whose samples are read
constexpr double kLeakAlpha = 0.01;

bool is_cpu(const std::string& device) {
  return device == "cpu" || device == "CPU";
}

std::string workflow_of(const RunFacts& run) {
  return run.fingerprint.empty() ? run.workflow_name : run.fingerprint;
}

// The newest runs in a row that `has` holds of.
template <class Has>
Runs newest_in_a_row(const Runs& runs, Has has) {
  Runs found;
  for (const RunFacts* run : runs) {
    if (!has(*run)) break;
    found.push_back(run);
  }
  return found;
}

// What is slow because of it is not to be told again.
void explain_slowness(Finding& finding, const Runs& runs) {
  std::set<std::string> workflows;
  for (const RunFacts* run : runs) workflows.insert(workflow_of(*run));
  for (const std::string& workflow : workflows) finding.explains.push_back("slow:" + workflow);
}

std::optional<Finding> cpu_finding(const std::string& worker, const Runs& runs, double least) {
  const Runs on_cpu = newest_in_a_row(runs, [](const RunFacts& run) { return is_cpu(run.key.device); });
  if (static_cast<double>(on_cpu.size()) < least || on_cpu.size() == runs.size()) return std::nullopt;
  const RunFacts& before = *runs[on_cpu.size()];
  if (before.key.device.empty()) return std::nullopt;
  Finding finding;
  finding.cause = "device:" + worker;
  finding.severity = RecommendationSeverity::critical;
  finding.message = "The last " + count_words(static_cast<std::int64_t>(on_cpu.size()), "run") +
                    " ran on the CPU; before, this worker used " + before.key.device;
  finding.suggested_action = "Look at ComfyUI's start-up log: the driver or PyTorch no longer finds the GPU";
  finding.evidence_run_ids = evidence_ids(on_cpu);
  finding.n = static_cast<std::int64_t>(on_cpu.size());
  finding.confidence = 0.99;
  explain_slowness(finding, on_cpu);
  return finding;
}

Result<std::optional<Finding>> note_finding(const RuleEvidence& evidence, const std::string& worker, const Runs& runs,
                                            double least) {
  const auto has_notes = [](const RunFacts& run) { return run.fallback_count > 0; };
  const Runs with = newest_in_a_row(runs, has_notes);
  if (static_cast<double>(with.size()) < least || with.size() == runs.size()) return std::optional<Finding>();
  const std::size_t end = std::min(runs.size(), with.size() + kEarlier);
  const auto earlier = static_cast<std::int64_t>(end - with.size());
  std::int64_t clean = 0;
  for (std::size_t i = with.size(); i < end; ++i) clean += !has_notes(*runs[i]);
  if (earlier < 5 || clean * 10 < earlier * 9) return std::optional<Finding>();  // it was always so
  const auto newest = evidence.reader.get(with.front()->run_id);
  if (!newest) return newest.error();
  std::string note;
  if (*newest) {
    for (const auto& scene : (*newest)->scenes) {
      for (const auto& attempt : scene.attempts) {
        if (note.empty() && !attempt.fallback_notes.empty()) note = attempt.fallback_notes.front();
      }
    }
  }
  Finding finding;
  finding.cause = "device:" + worker;
  finding.severity = RecommendationSeverity::warning;
  finding.message = "The last " + count_words(static_cast<std::int64_t>(with.size()), "run") +
                    " fell back to a second-best way, and " + std::to_string(clean) + " of " + std::to_string(earlier) +
                    " before did not";
  if (!note.empty()) finding.message += ": " + note;
  finding.suggested_action = "Compare the newest run with the last one without the note";
  finding.evidence_run_ids = evidence_ids(with);
  finding.n = static_cast<std::int64_t>(with.size());
  finding.confidence = rate_confidence(finding.n, finding.n + earlier - clean, 0.5);
  return std::optional(finding);
}

}  // namespace

Result<void> find_silent_fallback(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double least = evidence.threshold("silentFallback", "minRuns");
  for (const auto& [worker, runs] : evidence.by_worker) {
    if (auto finding = cpu_finding(worker, runs, least)) {
      findings.push_back(std::move(*finding));
      continue;
    }
    auto finding = note_finding(evidence, worker, runs, least);
    if (!finding) return finding.error();
    if (*finding) findings.push_back(std::move(**finding));
  }
  return {};
}

namespace {

// Oldest first: the runs since memory was last given back, as a restart or an unload does.
Runs since_reset(const Runs& newest_first) {
  Runs series;
  std::optional<double> later;
  for (const RunFacts* run : newest_first) {
    if (!run->vram_free_before_bytes) continue;
    const auto free = static_cast<double>(*run->vram_free_before_bytes);
    const double jump = std::max(512.0 * 1024 * 1024, 0.05 * static_cast<double>(run->vram_total_bytes.value_or(0)));
    if (later && *later - free > jump) break;
    later = free;
    series.push_back(run);
  }
  std::ranges::reverse(series);
  return series;
}

// What a run takes on top of what was used before it.
double typical_need(const Runs& runs) {
  std::vector<double> needs;
  for (const RunFacts* run : runs) {
    if (!run->vram_peak_bytes || !run->vram_total_bytes) continue;
    const double used = static_cast<double>(*run->vram_total_bytes) - static_cast<double>(*run->vram_free_before_bytes);
    needs.push_back(std::max(0.0, static_cast<double>(*run->vram_peak_bytes) - used));
  }
  return stats::median(needs).value_or(0);
}

}  // namespace

Result<void> find_vram_leak(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  for (const auto& [worker, runs] : evidence.by_worker) {
    const Runs series = since_reset(runs);
    if (static_cast<double>(series.size()) < evidence.threshold("vramLeak", "minRuns")) continue;
    std::vector<double> x;
    std::vector<double> free;
    for (const RunFacts* run : series) {
      x.push_back(static_cast<double>(x.size()));
      free.push_back(static_cast<double>(*run->vram_free_before_bytes));
    }
    const auto monotone = stats::mann_kendall_prewhitened(free);
    const auto line = stats::theil_sen(x, free, {.max_exact = 300});
    if (!monotone || !line || !line->interval || monotone->p_value > kLeakAlpha) continue;
    const double loss = -line->slope;
    if (loss < evidence.threshold("vramLeak", "bytesPerRun") || line->interval->high >= 0) continue;
    const double now = std::max(0.0, line->intercept + line->slope * x.back());
    const double left = std::max(0.0, now - typical_need(series)) / loss;
    if (left > evidence.threshold("vramLeak", "runsLeft")) continue;
    Finding finding;
    finding.cause = "leak:" + worker;
    finding.severity = left < 10 ? RecommendationSeverity::critical : RecommendationSeverity::warning;
    finding.message = "VRAM leaks: " + bytes_words(loss) + " less is free before each run (" +
                      count_words(static_cast<std::int64_t>(series.size()), "run") + ", 95 % interval " +
                      bytes_words(-line->interval->high) + " to " + bytes_words(-line->interval->low) +
                      "); memory runs out in about " + count_words(std::llround(left), "run");
    finding.suggested_action =
        "Free memory between runs (POST /free with unload_models), or restart ComfyUI before then";
    Runs newest = series;
    std::ranges::reverse(newest);
    finding.evidence_run_ids = evidence_ids(newest);
    finding.n = static_cast<std::int64_t>(series.size());
    finding.confidence = 1 - monotone->p_value;
    for (const RunFacts* run : newest) {
      const std::string cause = "memory:" + workflow_of(*run);
      if (std::ranges::find(finding.explains, cause) == finding.explains.end()) finding.explains.push_back(cause);
    }
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_vram_peak(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double least = evidence.threshold("vramPeak", "warnAbove");
  for (const auto& [workflow, runs] : evidence.by_workflow) {
    Runs near;
    std::int64_t n = 0;
    std::vector<double> peaks;
    for (const RunFacts* run : runs) {
      if (!run->vram_peak_bytes || !run->vram_total_bytes || *run->vram_total_bytes <= 0) continue;
      if (is_cpu(run->key.device)) continue;  // that is the machine's memory
      ++n;
      const double ratio = static_cast<double>(*run->vram_peak_bytes) / static_cast<double>(*run->vram_total_bytes);
      if (ratio < least) continue;
      near.push_back(run);
      peaks.push_back(ratio);
    }
    const auto hits = static_cast<std::int64_t>(near.size());
    if (static_cast<double>(n) < evidence.threshold("vramPeak", "minRuns") || hits * 2 <= n) continue;
    Finding finding;
    finding.confidence = rate_confidence(hits, n, 0.5);
    if (finding.confidence < evidence.threshold("vramPeak", "minConfidence")) continue;
    finding.cause = "memory:" + workflow;
    finding.severity = RecommendationSeverity::warning;
    finding.message = workflow_words(runs) + ": " + std::to_string(hits) + " of " + count_words(n, "run") + " used " +
                      percent_words(*stats::median(peaks)) + " of the GPU's " +
                      bytes_words(static_cast<double>(*near.front()->vram_total_bytes)) + " at their peak";
    finding.suggested_action = "Leave room: a slightly larger picture or another program will run out of memory";
    finding.evidence_run_ids = evidence_ids(near);
    finding.n = n;
    findings.push_back(std::move(finding));
  }
  return {};
}

Result<void> find_gpu_utilization(const RuleEvidence& evidence, std::vector<Finding>& findings) {
  const double least = evidence.threshold("gpuUtilization", "warnAbove");
  for (const auto& [worker, runs] : evidence.by_worker) {
    Runs busy;
    std::int64_t n = 0;
    std::vector<double> means;
    for (std::size_t i = 0; i < runs.size() && i < kSampledRuns; ++i) {
      const auto series = evidence.reader.samples(runs[i]->run_id);
      if (!series) return series.error();
      double sum = 0;
      double count = 0;
      for (const auto& one : *series) {
        for (const auto& sample : one.samples) {
          if (!sample.utilization_ratio) continue;
          sum += *sample.utilization_ratio;
          count += 1;
        }
      }
      if (count < 3) continue;  // a reading or two say nothing about a run
      ++n;
      if (sum / count < least) continue;
      busy.push_back(runs[i]);
      means.push_back(sum / count);
    }
    const auto hits = static_cast<std::int64_t>(busy.size());
    if (static_cast<double>(n) < evidence.threshold("gpuUtilization", "minRuns") || hits * 2 <= n) continue;
    Finding finding;
    finding.confidence = rate_confidence(hits, n, 0.5);
    if (finding.confidence < evidence.threshold("gpuUtilization", "minConfidence")) continue;
    finding.cause = "utilization:" + worker;
    finding.message = "The GPU is the limit: " + percent_words(*stats::median(means)) + " busy in " +
                      std::to_string(hits) + " of the last " + count_words(n, "run");
    finding.suggested_action =
        "Other work on this GPU slows these runs; fewer steps, a smaller size or another worker help";
    finding.evidence_run_ids = evidence_ids(busy);
    finding.n = n;
    findings.push_back(std::move(finding));
  }
  return {};
}

}  // namespace comfytrace::insight

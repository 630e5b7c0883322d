#include <algorithm>
#include <cmath>
#include <string>

#include "insight/comparison.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/minimum_effect.h"
#include "insight/stats/outlier.h"
#include "insight/stats/prediction.h"
#include "insight/stats/quantile.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

// What has to be exceeded to be worth a claim, and the words of it. Less is better in all of them.
struct MetricRule {
  double minimum_ratio;
  double minimum_delta;
  const char* subject;  // before the sentence
  const char* more;
  const char* less;
  const char* missing;
};

const MetricRule& rule_of(Metric metric) {
  static const MetricRule duration{0.03, 50, "", "slower", "faster", "no duration is known of it"};
  static const MetricRule vram{0.02,    64.0 * 1024 * 1024,           "VRAM peak ", "higher",
                               "lower", "no VRAM peak is known of it"};
  static const MetricRule wait{0.10, 1'000, "queue wait ", "longer", "shorter", "no queue wait is known of it"};
  if (metric == Metric::vramPeak) return vram;
  return metric == Metric::queueWait ? wait : duration;
}

// Of positive numbers the logs are judged: a run twice as slow is as far away as one twice as fast.
struct Scaled {
  std::vector<double> baseline;
  double value = 0;
};

Scaled scaled(double value, const std::vector<double>& baseline) {
  const bool positive = value > 0 && std::ranges::all_of(baseline, [](double of) { return of > 0; });
  if (!positive) return {baseline, value};
  Scaled logs{{}, std::log(value)};
  for (const double of : baseline) logs.baseline.push_back(std::log(of));
  return logs;
}

void place(MetricComparison& answer, double value, const std::vector<double>& baseline) {
  const double median = *answer.baseline_median;
  answer.delta = value - median;
  if (median > 0) {
    answer.delta_ratio = value / median - 1;
    const auto& interval = answer.baseline_median_interval;
    if (interval && interval->low > 0) {
      answer.delta_ratio_interval =
          stats::Interval{value / interval->high - 1, value / interval->low - 1, interval->level};
    }
  }
  const auto below = std::ranges::count_if(baseline, [&](double of) { return of < value; });
  const auto above = std::ranges::count_if(baseline, [&](double of) { return of > value; });
  const auto n = static_cast<double>(baseline.size());
  answer.rank = below + 1;
  const double equal = n - static_cast<double>(below) - static_cast<double>(above);
  const double extreme = static_cast<double>(std::min(below, above)) + equal + 1;
  answer.p_value = std::min(1.0, 2 * extreme / (n + 1));
}

// Outside what the baseline explains: too far from its median for its scatter, and hardly ever seen in it.
bool stands_out(const MetricComparison& answer, const Scaled& scaled_values, const std::vector<double>& baseline) {
  const auto scale = stats::robust_scale(scaled_values.baseline);
  if (!scale || !stats::is_outlier(scaled_values.value, *scale).value_or(false)) return false;
  const double value = *answer.value;
  const bool is_more = value > *answer.baseline_median;
  const auto as_far = std::ranges::count_if(baseline, [&](double of) { return is_more ? of >= value : of <= value; });
  return as_far <= static_cast<std::ptrdiff_t>(baseline.size() / 20);
}

std::string interval_words(const stats::Interval& interval, bool is_more) {
  double low = is_more ? interval.low : -interval.high;
  double high = is_more ? interval.high : -interval.low;
  std::string from = low < 0 ? "\u2212" + percent_words(low) : percent_words(low);
  if (from.ends_with(" %")) from.resize(from.size() - 2);
  return " (95 % interval " + from + " to " + percent_words(high) + ")";
}

// "slower than 49 of the last 50 runs like it"
std::string rank_words(const MetricComparison& answer, const std::vector<double>& baseline, const MetricRule& rule,
                       std::string_view noun) {
  const double value = *answer.value;
  const bool is_more = value > *answer.baseline_median;
  const auto beaten = std::ranges::count_if(baseline, [&](double of) { return is_more ? of < value : of > value; });
  return std::string(is_more ? rule.more : rule.less) + " than " + std::to_string(beaten) + " of the last " +
         count_words(answer.n, noun) + " like it";
}

std::string sentence_of(const MetricComparison& answer, const std::vector<double>& baseline, const MetricRule& rule,
                        std::string_view noun) {
  const double value = *answer.value;
  const double median = *answer.baseline_median;
  const bool is_more = value > median;
  std::string size =
      answer.delta_ratio ? percent_words(*answer.delta_ratio) : value_words(std::abs(*answer.delta), answer.unit);
  const std::string than = rule.subject + size + " " + (is_more ? rule.more : rule.less) + " than the median";
  if (answer.verdict != Verdict::noEvidence) {
    const std::string interval =
        answer.delta_ratio_interval ? interval_words(*answer.delta_ratio_interval, is_more) : "";
    return than + interval + " and " + rank_words(answer, baseline, rule, noun);
  }
  if (value == median) {
    return std::string("No evidence of a change: ") + rule.subject + "as the median of the last " +
           count_words(answer.n, noun) + " like it";
  }
  return "No evidence of a change: " + than + ", " + rank_words(answer, baseline, rule, noun);
}

}  // namespace

MetricComparison compare_metric(Metric metric, std::optional<double> value, const std::vector<double>& baseline,
                                std::string_view noun, std::int64_t needs) {
  const MetricRule& rule = rule_of(metric);
  MetricComparison answer;
  answer.metric = metric;
  answer.unit = unit_of(metric);
  answer.value = value;
  answer.n = static_cast<std::int64_t>(baseline.size());
  answer.baseline_median = stats::median(baseline);
  answer.baseline_median_interval = stats::median_interval(baseline);
  answer.variation = stats::robust_variation(baseline);
  if (value && answer.baseline_median) place(answer, *value, baseline);
  if (answer.n < needs) {
    answer.needed = needs - answer.n;
    answer.sentence = "Not enough data: " + std::to_string(answer.n) + " of the " + std::to_string(needs) + " " +
                      std::string(noun) + "s like it that it takes";
    return answer;
  }
  if (const auto next = stats::predict_next(baseline, stats::kLevel)) answer.prediction_interval = next->interval;
  if (!value) {
    answer.sentence = std::string("Not enough data: ") + rule.missing;
    return answer;
  }
  const Scaled logs = scaled(*value, baseline);
  const double z = stats::robust_z(logs.value, *stats::robust_scale(logs.baseline));
  if (std::isfinite(z)) answer.effect_size = z;
  const double ratio = answer.delta_ratio ? std::abs(*answer.delta_ratio) : 1;
  const bool counts = ratio >= rule.minimum_ratio && std::abs(*answer.delta) >= rule.minimum_delta;
  answer.verdict = Verdict::noEvidence;
  if (counts && stands_out(answer, logs, baseline)) {
    answer.verdict = *answer.delta > 0 ? Verdict::worse : Verdict::better;
  }
  answer.sentence = sentence_of(answer, baseline, rule, noun);
  return answer;
}

}  // namespace comfytrace::insight

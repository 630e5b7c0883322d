#include <algorithm>
#include <cmath>
#include <string>

#include "insight/comparison.h"
#include "insight/outlying.h"
#include "insight/stats/median_interval.h"
#include "insight/stats/minimum_effect.h"
#include "insight/stats/prediction.h"
#include "insight/stats/quantile.h"
#include "insight/wording.h"

namespace comfytrace::insight {
namespace {

// The words of a metric. Less is better in all of them.
struct MetricWords {
  const char* subject;  // before the sentence
  const char* more;
  const char* less;
  const char* missing;
};

const MetricWords& words_of(Metric metric) {
  static const MetricWords duration{"", "slower", "faster", "no duration is known of it"};
  static const MetricWords vram{"VRAM peak ", "higher", "lower", "no VRAM peak is known of it"};
  static const MetricWords wait{"queue wait ", "longer", "shorter", "no queue wait is known of it"};
  if (metric == Metric::vramPeak) return vram;
  return metric == Metric::queueWait ? wait : duration;
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

std::string interval_words(const stats::Interval& interval, bool is_more) {
  return " (" + std::to_string(std::lround(interval.level * 100)) + " % interval " +
         (is_more ? percent_range_words(interval.low, interval.high)
                  : percent_range_words(-interval.high, -interval.low)) +
         ")";
}

// "slower than 49 of the last 50 runs like it"
std::string rank_words(const MetricComparison& answer, const std::vector<double>& baseline, const MetricWords& words,
                       std::string_view noun) {
  const double value = *answer.value;
  const bool is_more = value > *answer.baseline_median;
  const auto beaten = std::ranges::count_if(baseline, [&](double of) { return is_more ? of < value : of > value; });
  return std::string(is_more ? words.more : words.less) + " than " + std::to_string(beaten) + " of the last " +
         count_words(answer.n, noun) + " like it";
}

std::string sentence_of(const MetricComparison& answer, const std::vector<double>& baseline, const MetricWords& words,
                        std::string_view noun) {
  const double value = *answer.value;
  const double median = *answer.baseline_median;
  const bool is_more = value > median;
  std::string size =
      answer.delta_ratio ? percent_words(*answer.delta_ratio) : value_words(std::abs(*answer.delta), answer.unit);
  const std::string_view hardly = "below ";
  const std::string than =
      words.subject + (size.starts_with(hardly)
                           ? "within " + size.substr(hardly.size()) + " of the median"
                           : size + " " + (is_more ? words.more : words.less) + " than the median");
  if (answer.verdict != Verdict::noEvidence) {
    const std::string interval =
        answer.delta_ratio_interval ? interval_words(*answer.delta_ratio_interval, is_more) : "";
    return than + interval + " and " + rank_words(answer, baseline, words, noun);
  }
  if (value == median) {
    return std::string("No evidence of a change: ") + words.subject + "as the median of the last " +
           count_words(answer.n, noun) + " like it";
  }
  return "No evidence of a change: " + than + ", " + rank_words(answer, baseline, words, noun);
}

}  // namespace

MetricComparison compare_metric(Metric metric, std::optional<double> value, const std::vector<double>& baseline,
                                std::string_view noun, std::int64_t needs) {
  const MetricWords& words = words_of(metric);
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
    answer.sentence = std::string("Not enough data: ") + words.missing;
    return answer;
  }
  const auto place_among = outlying(*value, baseline, needs);
  answer.effect_size = place_among->z;
  answer.verdict = Verdict::noEvidence;
  if (place_among->stands_out && change_counts(metric, *value, place_among->median)) {
    answer.verdict = *answer.delta > 0 ? Verdict::worse : Verdict::better;
  }
  answer.sentence = sentence_of(answer, baseline, words, noun);
  return answer;
}

}  // namespace comfytrace::insight

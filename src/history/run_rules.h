#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "history/run_history.h"
#include "history/run_regex.h"

// The rules that every implementation of the history keeps in the same words.
namespace comfytrace::history {

// A filter made ready to be asked about many runs.
class RunMatcher {
 public:
  // Errors: invalid (the regular expression).
  [[nodiscard]] static base::Result<RunMatcher> of(RunFilter filter);
  // Whether `run` meets every criterion.
  [[nodiscard]] bool operator()(const model::Run& run) const;

 private:
  explicit RunMatcher(RunFilter filter);
  RunFilter filter_;
  std::vector<std::string> words_;      // of filter_.text
  std::vector<std::string> workflows_;  // folded
  std::vector<std::string> gpus_;       // folded
  std::optional<RunRegex> regex_;
};

// The same for one run. A regular expression that is none matches nothing.
[[nodiscard]] bool matches(const RunFilter& filter, const model::Run& run);

// Which of a run's fields a person changed: a set of these bits.
enum Amended : std::uint32_t { kTitle = 1, kTags = 2, kNotes = 4, kArchived = 8 };

// Applies `patch` and returns the fields it changed by hand.
std::uint32_t apply_patch(model::Run& run, const RunPatch& patch);

// Carries over from `stored` the fields that a person changed.
void keep_amended(model::Run& run, const model::Run& stored, std::uint32_t amended);

// Whether a run that was pruned comes back when it is saved: not if all of it was found in a worker's history.
[[nodiscard]] bool returns_after_pruning(const model::Run& run);

// Errors: invalid.
[[nodiscard]] base::Result<void> check_rule(const PruneRule& rule);
[[nodiscard]] base::Result<void> check_limit(std::int64_t limit);

// What a rule may take but for the run's state; `going`: it goes.
enum class Fate { going, kept_open, kept_archived, kept_tagged };
[[nodiscard]] Fate fate_of(const model::Run& run);
inline constexpr std::size_t kPruneBatch = 100;
// Counts a run that is kept; nothing for one that is going.
void add_to(PruneReport& report, Fate fate);
// Counts a run that went, or would go.
void add_to(PruneReport& report, std::int64_t created_at_ms, std::int64_t bytes);

// A place in a list: the value that its order goes by (absent: the run has none) and the order of first save.
struct Place {
  RunSort sort = RunSort::newest;
  std::optional<std::int64_t> value;
  std::int64_t order = 0;
};
[[nodiscard]] Place place_of(RunSort sort, const model::RunSummary& run, std::int64_t order);
// Whether `a` stands before `b` in their list.
[[nodiscard]] bool stands_before(const Place& a, const Place& b);
[[nodiscard]] std::string to_cursor(const Place& place);
// Errors: invalid, field "cursor".
[[nodiscard]] base::Result<Place> from_cursor(std::string_view cursor);

// Where a page begins: behind a place (absent: at the beginning), and so many runs further on.
struct PageStart {
  std::optional<Place> after;
  std::int64_t skip = 0;
};
inline constexpr std::int64_t kMaxSkip = 1'000'000'000;
// The cursor of a page that begins `skip` runs after that of `cursor`.
[[nodiscard]] std::string moved_on(std::string_view cursor, std::int64_t skip);
// What a cursor says in a list of this order. Errors: invalid, also for the cursor of another order.
[[nodiscard]] base::Result<PageStart> page_start(std::string_view cursor, RunSort sort);

// A name of 1 to 100 bytes in one line. Errors: invalid, too_large, field "name".
[[nodiscard]] base::Result<void> check_preset_name(std::string_view name);
[[nodiscard]] base::Error too_many_presets();

}  // namespace comfytrace::history

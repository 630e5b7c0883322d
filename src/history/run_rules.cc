#include "history/run_rules.h"

#include <algorithm>
#include <charconv>

#include "base/codec.h"
#include "base/text.h"
#include "history/words.h"

namespace comfytrace::history {
namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

bool any_attempt(const model::Run& run, const auto& holds) {
  return std::ranges::any_of(run.scenes, [&](const auto& scene) { return std::ranges::any_of(scene.attempts, holds); });
}

bool within(const std::optional<std::int64_t>& min, const std::optional<std::int64_t>& max,
            const std::optional<std::int64_t>& value) {
  if (!min && !max) return true;
  return value && *value >= min.value_or(*value) && *value <= max.value_or(*value);
}

bool has_workflow(const RunFilter& filter, const std::vector<std::string>& folded_names, const model::Run& run) {
  if (run.workflow_name && contains(folded_names, folded(*run.workflow_name))) return true;
  return std::ranges::any_of(run.scenes, [&](const auto& scene) {
    return !scene.workflow_fingerprint.empty() && contains(filter.workflows, scene.workflow_fingerprint);
  });
}

bool has_model(const RunFilter& filter, const model::Run& run) {
  return std::ranges::any_of(run.scenes, [&](const auto& scene) {
    return std::ranges::any_of(scene.parameters.checkpoints,
                               [&](const std::string& name) { return contains(filter.models, name); });
  });
}

bool is_of_story(const std::string& story, const model::Run& run) {
  return run.story_id == story || (run.story_title && folded(*run.story_title) == folded(story));
}

bool has_words(const std::vector<std::string>& wanted, const model::Run& run) {
  if (wanted.empty()) return true;
  const std::vector<std::string> words = search_words(run);
  return std::ranges::all_of(wanted, [&](const std::string& prefix) {
    const auto at = std::ranges::lower_bound(words, prefix);
    return at != words.end() && at->starts_with(prefix);
  });
}

std::vector<std::string> all_folded(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  all.reserve(texts.size());
  for (const auto& text : texts) all.push_back(folded(text));
  return all;
}

// What can be told from the run's own fields.
bool fields_match(const RunFilter& filter, const model::Run& run) {
  if (filter.from_ms && run.created_at_ms < *filter.from_ms) return false;
  if (filter.to_ms && run.created_at_ms >= *filter.to_ms) return false;
  if (!filter.statuses.empty() && !contains(filter.statuses, run.status)) return false;
  if (!filter.exit_reasons.empty() && !(run.exit_reason && contains(filter.exit_reasons, *run.exit_reason)))
    return false;
  if (filter.archived && run.archived != *filter.archived) return false;
  return within(filter.duration_min_ms, filter.duration_max_ms, run.duration_ms);
}

bool sums_match(const RunFilter& filter, const model::Run& run) {
  if (!filter.attempts_min && !filter.attempts_max && !filter.vram_peak_min_bytes && !filter.vram_peak_max_bytes)
    return true;
  const model::RunSummary line = model::summarise(run);
  return within(filter.attempts_min, filter.attempts_max, line.attempt_count) &&
         within(filter.vram_peak_min_bytes, filter.vram_peak_max_bytes, line.vram_peak_bytes);
}

}  // namespace

RunMatcher::RunMatcher(RunFilter filter)
    : filter_(std::move(filter)),
      words_(words_of(filter_.text.value_or(""))),
      workflows_(all_folded(filter_.workflows)),
      gpus_(all_folded(filter_.gpus)) {}

base::Result<RunMatcher> RunMatcher::of(RunFilter filter) {
  RunMatcher matcher(std::move(filter));
  if (!matcher.filter_.regex) return matcher;
  auto regex = RunRegex::compile(*matcher.filter_.regex);
  if (!regex) return regex.error();
  matcher.regex_ = std::move(*regex);
  return matcher;
}

bool RunMatcher::operator()(const model::Run& run) const {
  if (!fields_match(filter_, run) || !sums_match(filter_, run)) return false;
  if (!filter_.worker_ids.empty() &&
      !any_attempt(run, [&](const auto& attempt) { return contains(filter_.worker_ids, attempt.worker_id); }))
    return false;
  if (!gpus_.empty() && !any_attempt(run, [&](const auto& attempt) {
        return attempt.environment && !attempt.environment->device_name.empty() &&
               contains(gpus_, folded(attempt.environment->device_name));
      }))
    return false;
  if (!filter_.workflows.empty() && !has_workflow(filter_, workflows_, run)) return false;
  if (!filter_.models.empty() && !has_model(filter_, run)) return false;
  if (!filter_.tags.empty() &&
      !std::ranges::any_of(run.tags, [&](const std::string& tag) { return contains(filter_.tags, tag); }))
    return false;
  if (filter_.story && !is_of_story(*filter_.story, run)) return false;
  return has_words(words_, run) && (!regex_ || regex_->finds(run));
}

bool matches(const RunFilter& filter, const model::Run& run) {
  const auto matcher = RunMatcher::of(filter);
  return matcher && (*matcher)(run);
}

std::uint32_t apply_patch(model::Run& run, const RunPatch& patch) {
  std::uint32_t amended = 0;
  if (patch.title) {
    run.title = *patch.title;
    amended |= kTitle;
  }
  if (patch.tags) {
    run.tags = *patch.tags;
    amended |= kTags;
  }
  if (patch.notes) {
    run.notes = patch.notes->empty() ? std::nullopt : patch.notes;
    amended |= kNotes;
  }
  if (patch.archived) {
    run.archived = *patch.archived;
    amended |= kArchived;
  }
  return amended;
}

void keep_amended(model::Run& run, const model::Run& stored, std::uint32_t amended) {
  if (amended & kTitle) run.title = stored.title;
  if (amended & kTags) run.tags = stored.tags;
  if (amended & kNotes) run.notes = stored.notes;
  if (amended & kArchived) run.archived = stored.archived;
}

Fate fate_of(const model::Run& run) {
  if (model::is_open(run.status)) return Fate::kept_open;
  if (run.archived) return Fate::kept_archived;
  return run.tags.empty() ? Fate::going : Fate::kept_tagged;
}

void add_to(PruneReport& report, Fate fate) {
  if (fate == Fate::kept_open) ++report.kept_open;
  if (fate == Fate::kept_archived) ++report.kept_archived;
  if (fate == Fate::kept_tagged) ++report.kept_tagged;
}

void add_to(PruneReport& report, std::int64_t created_at_ms, std::int64_t bytes) {
  ++report.runs;
  report.bytes += bytes;
  report.oldest_at_ms = std::min(report.oldest_at_ms.value_or(created_at_ms), created_at_ms);
  report.newest_at_ms = std::max(report.newest_at_ms.value_or(created_at_ms), created_at_ms);
}

bool returns_after_pruning(const model::Run& run) {
  return any_attempt(run, [](const auto& attempt) { return attempt.origin != model::Origin::backfilled; });
}

base::Result<PruneReport> RunHistory::prune(const PruneRule& rule, const std::function<bool()>& keep_going) {
  if (rule.dry_run) return foresee(rule);
  auto pruning = begin_prune(rule);
  if (!pruning) return pruning.error();
  while (!keep_going || keep_going()) {
    const auto more = (*pruning)->step();
    if (!more) return more.error();
    if (!*more) break;
  }
  return (*pruning)->report();
}

base::Result<void> check_rule(const PruneRule& rule) {
  if (!rule.older_than_ms && !rule.keep_newest && !rule.max_bytes) {
    return base::Error{base::ErrorCode::invalid, "nothing says which runs may go", "",
                       "give an age, a number of runs or a size"};
  }
  if (rule.keep_newest.value_or(0) < 0 || rule.max_bytes.value_or(0) < 0) {
    return base::Error{base::ErrorCode::invalid, "a number of runs or bytes to keep is negative"};
  }
  return {};
}

base::Result<void> check_limit(std::int64_t limit) {
  if (limit >= 1 && limit <= 1000) return {};
  return base::Error{base::ErrorCode::invalid, "must be 1 to 1000", "limit"};
}

Place place_of(RunSort sort, const model::RunSummary& run, std::int64_t order) {
  switch (sort) {
    case RunSort::newest:
    case RunSort::oldest:
      return {sort, run.created_at_ms, order};
    case RunSort::longest:
    case RunSort::shortest:
      return {sort, run.duration_ms, order};
    case RunSort::vram:
      break;
  }
  return {sort, run.vram_peak_bytes, order};
}

bool stands_before(const Place& a, const Place& b) {
  const bool ascending = a.sort == RunSort::oldest || a.sort == RunSort::shortest;
  if (a.value.has_value() != b.value.has_value()) return a.value.has_value();
  const std::pair of_a(a.value.value_or(0), a.order);
  const std::pair of_b(b.value.value_or(0), b.order);
  return ascending ? of_a < of_b : of_a > of_b;
}

std::string to_cursor(const Place& place) {
  const std::string sort = place.sort == RunSort::newest ? "" : std::string(base::enum_name(place.sort)) + ".";
  return sort + (place.value ? std::to_string(*place.value) : "none") + "." + std::to_string(place.order);
}

namespace {

base::Error no_place() {
  return {base::ErrorCode::invalid, "is not a place in this list", "cursor", "take it from nextCursor, unchanged"};
}

}  // namespace

base::Result<Place> from_cursor(std::string_view cursor) {
  const base::Error wrong = no_place();
  Place place;
  const auto take = [&cursor](std::int64_t& number) {
    const auto read = std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
    cursor.remove_prefix(static_cast<std::size_t>(read.ptr - cursor.data()));
    return read.ec == std::errc();
  };
  const auto take_point = [&cursor] {
    if (!cursor.starts_with('.')) return false;
    cursor.remove_prefix(1);
    return true;
  };
  if (const auto sort = base::enum_from_name<RunSort>(cursor.substr(0, cursor.find('.')))) {
    if (*sort == RunSort::newest) return wrong;
    place.sort = *sort;
    cursor.remove_prefix(base::enum_name(*sort).size());
    if (!take_point()) return wrong;
  }
  const bool can_lack = place.sort != RunSort::newest && place.sort != RunSort::oldest;
  if (can_lack && cursor.starts_with("none")) {
    cursor.remove_prefix(4);
  } else if (!take(place.value.emplace())) {
    return wrong;
  }
  if (!take_point() || !take(place.order) || !cursor.empty()) return wrong;
  return place;
}

std::string moved_on(std::string_view cursor, std::int64_t skip) {
  return std::string(cursor) + (skip > 0 ? "+" + std::to_string(skip) : "");
}

base::Result<PageStart> page_start(std::string_view cursor, RunSort sort) {
  PageStart start;
  if (const auto plus = cursor.find('+'); plus != std::string_view::npos) {
    const std::string_view skip = cursor.substr(plus + 1);
    const auto read = std::from_chars(skip.data(), skip.data() + skip.size(), start.skip);
    if (read.ec != std::errc() || read.ptr != skip.data() + skip.size() || start.skip < 0 || start.skip > kMaxSkip)
      return no_place();
    cursor = cursor.substr(0, plus);
  }
  if (cursor.empty()) return start;
  const auto place = from_cursor(cursor);
  if (!place) return place.error();
  if (place->sort != sort) {
    return base::Error{base::ErrorCode::invalid, "is a place in a list of another order", "cursor",
                       "ask for sort=" + std::string(base::enum_name(place->sort)) + ", or begin without a cursor"};
  }
  start.after = *place;
  return start;
}

base::Result<void> check_preset_name(std::string_view name) {
  if (name.size() > 100) {
    return base::Error{base::ErrorCode::too_large, "the preset's name is too long", "name", "100 bytes at most"};
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (name.find_first_not_of(' ') == std::string_view::npos || std::ranges::any_of(name, is_control) ||
      !base::is_valid_utf8(name)) {
    return base::Error{base::ErrorCode::invalid, "a preset's name is one line of text", "name"};
  }
  return {};
}

base::Error too_many_presets() {
  return {base::ErrorCode::conflict, "there are " + std::to_string(kMaxPresets) + " presets already", "name",
          "delete one that is not needed"};
}

}  // namespace comfytrace::history

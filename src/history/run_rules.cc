#include "history/run_rules.h"

#include <algorithm>
#include <charconv>

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

bool matches_workflow(const RunFilter& filter, const model::Run& run) {
  return std::ranges::any_of(filter.workflows, [&](const std::string& wanted) {
    if (run.workflow_name && folded(*run.workflow_name) == folded(wanted)) return true;
    return std::ranges::any_of(run.scenes, [&](const auto& scene) {
      return !scene.workflow_fingerprint.empty() && scene.workflow_fingerprint == wanted;
    });
  });
}

bool matches_model(const RunFilter& filter, const model::Run& run) {
  return std::ranges::any_of(run.scenes, [&](const auto& scene) {
    return std::ranges::any_of(scene.parameters.checkpoints,
                               [&](const std::string& name) { return contains(filter.models, name); });
  });
}

bool matches_story(const std::string& story, const model::Run& run) {
  return run.story_id == story || (run.story_title && folded(*run.story_title) == folded(story));
}

bool matches_text(const std::string& text, const model::Run& run) {
  const std::vector<std::string> wanted = words_of(text);
  if (wanted.empty()) return true;
  const std::vector<std::string> words = search_words(run);
  return std::ranges::all_of(wanted, [&](const std::string& prefix) {
    const auto at = std::ranges::lower_bound(words, prefix);
    return at != words.end() && at->starts_with(prefix);
  });
}

}  // namespace

bool matches(const RunFilter& filter, const model::Run& run) {
  if (filter.from_ms && run.created_at_ms < *filter.from_ms) return false;
  if (filter.to_ms && run.created_at_ms >= *filter.to_ms) return false;
  if (!filter.statuses.empty() && !contains(filter.statuses, run.status)) return false;
  if (!filter.exit_reasons.empty() && !(run.exit_reason && contains(filter.exit_reasons, *run.exit_reason)))
    return false;
  if (filter.archived && run.archived != *filter.archived) return false;
  if (!filter.worker_ids.empty() &&
      !any_attempt(run, [&](const auto& attempt) { return contains(filter.worker_ids, attempt.worker_id); }))
    return false;
  if (!filter.workflows.empty() && !matches_workflow(filter, run)) return false;
  if (!filter.models.empty() && !matches_model(filter, run)) return false;
  if (!filter.tags.empty() &&
      !std::ranges::any_of(run.tags, [&](const std::string& tag) { return contains(filter.tags, tag); }))
    return false;
  if (filter.story && !matches_story(*filter.story, run)) return false;
  return !filter.text || matches_text(*filter.text, run);
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

bool may_be_pruned(const model::Run& run) {
  return !model::is_open(run.status) && !run.archived && run.tags.empty();
}

bool returns_after_pruning(const model::Run& run) {
  return any_attempt(run, [](const auto& attempt) { return attempt.origin != model::Origin::backfilled; });
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

std::string to_cursor(const Place& place) {
  return std::to_string(place.created_at_ms) + "." + std::to_string(place.order);
}

base::Result<Place> from_cursor(std::string_view cursor) {
  Place place{};
  const char* const end = cursor.data() + cursor.size();
  const auto created = std::from_chars(cursor.data(), end, place.created_at_ms);
  if (created.ec == std::errc() && created.ptr != end && *created.ptr == '.') {
    const auto order = std::from_chars(created.ptr + 1, end, place.order);
    if (order.ec == std::errc() && order.ptr == end) return place;
  }
  return base::Error{base::ErrorCode::invalid, "is not a place in this list", "cursor",
                     "take it from nextCursor, unchanged"};
}

}  // namespace comfytrace::history

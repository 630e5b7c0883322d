#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "replay/exchange.h"
#include "replay/recording.h"

namespace comfytrace::replay {

// The life of one prompt as far as a recording tells it. A prompt id that was used twice gives two of these.
struct RecordedPrompt {
  std::string id;
  double number = 0;
  // Absent: submitted without client_id, so that its progress goes to everybody. "": its events go to nobody.
  std::optional<std::string> client_id;
  base::json::value item;   // as /queue shows it
  base::json::value entry;  // as /history shows it afterwards; null: it never got there
  std::int64_t submitted_us = 0;
  std::optional<std::int64_t> started_us;
  std::optional<std::int64_t> finished_us;  // when it left the queue for the history
  std::optional<std::int64_t> removed_us;   // when it left the queue without running
  bool already_over = false;                // it was in the history when the recording began
};

// By time of submission. Pure.
[[nodiscard]] std::vector<RecordedPrompt> find_prompts(const Recording& recording,
                                                       const std::vector<Exchange>& exchanges);

// The one that `id` meant at `offset_us`; nullptr if unknown.
[[nodiscard]] const RecordedPrompt* prompt_at(const std::vector<RecordedPrompt>& prompts, std::string_view id,
                                              std::int64_t offset_us);

// The item of /queue for a prompt as it was posted: credentials left out, client_id put in.
[[nodiscard]] base::json::value make_item(const base::json::value& posted, double number, const std::string& id);
// The entry of /history, made of the item and the frames ("data" of each, with its type) that were sent about it.
[[nodiscard]] base::json::value make_entry(const base::json::value& item,
                                           const std::vector<std::pair<std::string, base::json::value>>& events);

}  // namespace comfytrace::replay

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "history/sqlite/run_codec.h"
#include "history/words.h"
#include "model/run.h"

namespace comfytrace::history::sqlite {

// What filters look for, by kind of `facet_blocks`.
enum class Facet { worker = 1, fingerprint, workflow_name, model, tag, story_id, story_title, prompt, gpu };

// 32 bits over worker and prompt: the key of `prompt_places`.
[[nodiscard]] std::int64_t place_hash(std::string_view worker_id, std::string_view prompt_id);

// What is stored about a run beside its row, so that it is found.
struct RunIndex {
  std::string words;                                          // with spaces between
  std::vector<std::pair<std::int64_t, std::int64_t>> facets;  // kind, value; sorted, each once
  std::vector<std::int64_t> places;                           // likewise
  bool operator==(const RunIndex&) const = default;
};

[[nodiscard]] RunIndex index_of(const model::Run& run, SharedTexts& texts, SearchTexts& words);
// Its facets alone.
[[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> facets_of(const model::Run& run, SharedTexts& texts);

}  // namespace comfytrace::history::sqlite

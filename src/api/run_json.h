#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/schema_book.h"
#include "history/run_history.h"
#include "model/run.h"

// The answers about one run, as docs/api.md gives them.
namespace comfytrace::api {

// The run with its artifacts listed and without its attempts' nodes.
[[nodiscard]] std::string run_json(const model::Run& run);

// Every attempt's nodes and device samples.
[[nodiscard]] std::string timeline_json(const model::Run& run, const std::vector<history::SampleSeries>& samples);

// Their schemas.
[[nodiscard]] std::string run_schema(base::SchemaBook& book);
[[nodiscard]] std::string timeline_schema(base::SchemaBook& book);

[[nodiscard]] std::string artifact_url(std::string_view run_id, std::size_t index);

}  // namespace comfytrace::api

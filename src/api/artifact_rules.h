#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/run.h"

// What may be served of a recorded file, and as what. Pure.
namespace comfytrace::api {

struct MediaType {
  std::string_view content_type;
  bool may_show = false;  // false: only to be saved, never shown by the browser
};
// By the name's extension alone: what a worker says of its files is not to be trusted. Markup that can hold script
// (SVG, HTML, XML) is never shown.
[[nodiscard]] MediaType media_type_of(std::string_view filename);

// The target of a worker's /view for this file. Errors: denied for a name that could lead out of the worker's folders.
[[nodiscard]] base::Result<std::string> view_target(const model::Artifact& artifact);

// A Content-Disposition header.
[[nodiscard]] std::string disposition(std::string_view filename, bool may_show);

}  // namespace comfytrace::api

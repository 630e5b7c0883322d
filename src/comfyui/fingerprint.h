#pragma once

#include <string>

#include "comfyui/graph.h"

namespace comfytrace::comfyui {

// 16 hex digits that are the same for graphs of the same class types and links, whatever their ids, order and
// values; empty for a graph without nodes. The same on every machine.
[[nodiscard]] std::string fingerprint_of(const Graph& graph);

}  // namespace comfytrace::comfyui

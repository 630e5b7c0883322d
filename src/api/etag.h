#pragma once

#include <string>
#include <string_view>

namespace comfytrace::api {

// The weak ETag of a body, quotes and all: equal for equal bodies as long as the process runs. By a fast hash from a
// random start, as answers may have half a megabyte and somebody waits for them: who writes texts that come up in
// answers cannot look for two with one tag. Any thread.
[[nodiscard]] std::string weak_etag_of(std::string_view body);

}  // namespace comfytrace::api

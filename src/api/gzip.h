#pragma once

#include <string>
#include <string_view>

namespace comfytrace::api {

// `bytes` as a gzip file; fast rather than small.
[[nodiscard]] std::string gzip(std::string_view bytes);

// Whether an Accept-Encoding header takes gzip.
[[nodiscard]] bool accepts_gzip(std::string_view header);

}  // namespace comfytrace::api

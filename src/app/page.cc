#include "app/page.h"

#include <string>

// One pair of symbols a blob, from the assembly file that tools/embed.py writes.
#define COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable) \
  extern "C" const char comfytrace_asset_##index##_raw[];        \
  extern "C" const char comfytrace_asset_##index##_raw_end[];
#define COMFYTRACE_ASSET_GZ(index, name, type, etag, immutable) \
  COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable)      \
  extern "C" const char comfytrace_asset_##index##_gz[];        \
  extern "C" const char comfytrace_asset_##index##_gz_end[];
#include "page/assets.inc"
#undef COMFYTRACE_ASSET_RAW
#undef COMFYTRACE_ASSET_GZ

namespace comfytrace::app {
namespace {

[[maybe_unused]] std::shared_ptr<const std::string> blob(const char* begin, const char* end) {
  return std::make_shared<const std::string>(begin, end);
}

constexpr const char* kPlaceholder =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>comfytrace</title>"
    "<h1>comfytrace is recording</h1><p>This binary was built without its page. <code>./dev build</code> builds both. "
    "The interface under <a href=\"/api/v1/health\">/api/v1</a> works.</p></html>";

}  // namespace

api::Assets page_assets() {
  api::Assets assets;
#define COMFYTRACE_ASSET_RAW(index, name, type, etag_text, is_immutable)                                             \
  assets[name] = api::Asset{blob(comfytrace_asset_##index##_raw, comfytrace_asset_##index##_raw_end), nullptr, type, \
                            "\"" etag_text "\"", is_immutable};
#define COMFYTRACE_ASSET_GZ(index, name, type, etag_text, is_immutable)                                   \
  assets[name] = api::Asset{blob(comfytrace_asset_##index##_raw, comfytrace_asset_##index##_raw_end),     \
                            blob(comfytrace_asset_##index##_gz, comfytrace_asset_##index##_gz_end), type, \
                            "\"" etag_text "\"", is_immutable};
#include "page/assets.inc"
#undef COMFYTRACE_ASSET_RAW
#undef COMFYTRACE_ASSET_GZ
  if (!assets.contains("/index.html")) {
    assets["/index.html"] = api::Asset{std::make_shared<const std::string>(kPlaceholder), nullptr,
                                       "text/html; charset=utf-8", "\"placeholder\"", false};
  }
  return assets;
}

}  // namespace comfytrace::app

#include "app/embedded_extension.h"

#include <string_view>

#include "base/check.h"

#define COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable) \
  extern "C" const char comfytrace_extension_##index##_raw[];    \
  extern "C" const char comfytrace_extension_##index##_raw_end[];
#define COMFYTRACE_ASSET_GZ(index, name, type, etag, immutable) COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable)
#include "extension/assets.inc"
#undef COMFYTRACE_ASSET_RAW

namespace comfytrace::app {
namespace {

// The package says its version in one place that its own code reads.
std::string version_in(std::string_view version_module) {
  constexpr std::string_view kBefore = "VERSION = \"";
  const auto begin = version_module.find(kBefore);
  CHECK(begin != std::string_view::npos);
  const auto rest = version_module.substr(begin + kBefore.size());
  return std::string(rest.substr(0, rest.find('"')));
}

ExtensionPackage read_embedded() {
  std::vector<PackageFile> files;
  std::string version;
  const auto add = [&](std::string_view name, std::string_view bytes) {
    files.push_back({std::string(name.substr(1)), std::string(bytes)});
    if (files.back().name == "version.py") version = version_in(bytes);
  };
#define COMFYTRACE_ASSET_RAW(index, name, type, etag, immutable) \
  add(name, {comfytrace_extension_##index##_raw, comfytrace_extension_##index##_raw_end});
#include "extension/assets.inc"
#undef COMFYTRACE_ASSET_RAW
#undef COMFYTRACE_ASSET_GZ
  CHECK(!version.empty());
  return {std::move(version), std::move(files)};
}

}  // namespace

const ExtensionPackage& embedded_extension() {
  static const ExtensionPackage package = read_embedded();
  return package;
}

}  // namespace comfytrace::app

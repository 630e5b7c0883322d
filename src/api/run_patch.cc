#include "api/run_patch.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "base/json.h"
#include "base/text.h"

namespace comfytrace::api {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kTitleBytes = 500;
constexpr std::size_t kNotesBytes = 64u << 10;
constexpr std::size_t kTags = 50;
constexpr std::size_t kTagBytes = 100;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

base::Result<void> check_keys(const base::json::value& body) {
  if (!body.is_object()) {
    return Error{ErrorCode::invalid, "the body is not an object", "$", R"(for example {"notes":"…"})"};
  }
  if (body.get_object().empty()) {
    return Error{ErrorCode::invalid, "the body changes nothing", "$", "give title, tags, notes or archived"};
  }
  for (const auto& [key, value] : body.get_object()) {
    if (key != "title" && key != "tags" && key != "notes" && key != "archived") {
      const std::string name = base::bounded_text(key, 100);
      return Error{ErrorCode::invalid, "unknown key \"" + name + "\"", "$." + name,
                   "one of: title, tags, notes, archived"};
    }
    if (value.is_null()) {
      return Error{ErrorCode::invalid, "null changes nothing", "$." + std::string(key),
                   "leave the key out; an empty text removes the notes"};
    }
  }
  return {};
}

base::Result<void> check_tags(std::vector<std::string>& tags) {
  if (tags.size() > kTags) return Error{ErrorCode::too_large, "too many tags", "$.tags", "50 at most"};
  std::vector<std::string> unique;
  for (auto& tag : tags) {
    const std::string field = "$.tags[" + std::to_string(&tag - tags.data()) + "]";
    if (tag.empty()) return Error{ErrorCode::invalid, "a tag is empty", field};
    if (tag.size() > kTagBytes) return Error{ErrorCode::too_large, "a tag is too long", field, "100 bytes at most"};
    if (has_control(tag) || tag.find(',') != std::string::npos) {
      return Error{ErrorCode::invalid, "a tag holds a comma or a control character", field};
    }
    if (std::find(unique.begin(), unique.end(), tag) == unique.end()) unique.push_back(tag);
  }
  tags = std::move(unique);
  return {};
}

}  // namespace

base::Result<history::RunPatch> parse_run_patch(std::string_view body) {
  auto parsed = base::parse_json(body, base::JsonLimits{.max_bytes = 256u << 10, .max_depth = 8});
  if (!parsed) {
    return Error{parsed.error().code, "the body is not JSON: " + parsed.error().message, "$", parsed.error().mend};
  }
  if (auto checked = check_keys(*parsed); !checked) return checked.error();
  history::RunPatch patch;
  if (auto decoded = base::decode(*parsed, patch); !decoded) return decoded.error();
  if (patch.title) {
    if (patch.title->empty() || has_control(*patch.title)) {
      return Error{ErrorCode::invalid, "a title is one line of text", "$.title"};
    }
    if (patch.title->size() > kTitleBytes) {
      return Error{ErrorCode::too_large, "the title is too long", "$.title", "500 bytes at most"};
    }
  }
  if (patch.notes && patch.notes->size() > kNotesBytes) {
    return Error{ErrorCode::too_large, "the notes are too long", "$.notes", "64 KiB at most"};
  }
  if (patch.tags) {
    if (auto checked = check_tags(*patch.tags); !checked) return checked.error();
  }
  return patch;
}

// Every member may be left out, and none may be null.
std::string run_patch_schema(base::SchemaBook& book) {
  return book.define("RunPatch",
                     R"({"type":"object","properties":{"title":{"type":"string"},"tags":)" +
                         book.of<std::vector<std::string>>() +
                         R"(,"notes":{"type":"string"},"archived":{"type":"boolean"}},"additionalProperties":false})");
}

}  // namespace comfytrace::api

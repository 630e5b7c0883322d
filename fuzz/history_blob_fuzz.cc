// Blobs of the history's file: damaged bytes are refused, never followed; what unpacks packs to something that unpacks
// to the same.

#include <cstdlib>
#include <map>
#include <string>

#include "history/sqlite/run_codec.h"
#include "history/sqlite/sample_codec.h"

namespace {

using namespace comfytrace;

class Texts final : public history::sqlite::SharedTexts {
 public:
  std::int64_t name_id(std::string_view text) override { return id_of(text); }
  std::int64_t prompt_id(std::string_view text) override { return id_of(text); }
  std::optional<std::string> name(std::int64_t id) override { return text_of(id); }
  std::optional<std::string> prompt(std::int64_t id) override { return text_of(id); }

 private:
  std::int64_t id_of(std::string_view text) {
    const auto [place, made] = ids_.try_emplace(std::string(text), static_cast<std::int64_t>(ids_.size()) + 1);
    if (made) texts_[place->second] = place->first;
    return place->second;
  }
  std::optional<std::string> text_of(std::int64_t id) const {
    const auto found = texts_.find(id);
    if (found == texts_.end()) return std::nullopt;
    return found->second;
  }
  std::map<std::string, std::int64_t> ids_;
  std::map<std::int64_t, std::string> texts_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Texts texts;
  for (const char* text : {"KSampler", "SaveImage", "a portrait of somebody by a window"}) (void)texts.name_id(text);
  model::Run run;
  run.run_id = "r";
  run.created_at_ms = 1'000;
  if (history::sqlite::unpack_details(bytes, texts, run)) {
    model::Run again;
    again.run_id = run.run_id;
    again.created_at_ms = run.created_at_ms;
    if (!history::sqlite::unpack_details(history::sqlite::pack_details(run, texts), texts, again)) std::abort();
    if (again.scenes.size() != run.scenes.size()) std::abort();
  }
  if (const auto samples = history::sqlite::unpack_samples(bytes)) {
    const auto again = history::sqlite::unpack_samples(history::sqlite::pack_samples(*samples));
    if (!again || again->size() != samples->size()) std::abort();
  }
  return 0;
}

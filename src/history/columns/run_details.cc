#include "history/columns/run_details.h"

#include <algorithm>

namespace comfytrace::history::columns {
namespace {

// Beyond this many kinds of lists of names they are written out: names that never repeat would only grow the interner.
constexpr std::size_t kSharedNames = 4'096;

constexpr std::uint64_t kMostWork = ~std::uint32_t{0};

enum NamesForm : std::uint64_t { kRunId = 0, kWrittenOut = 1, kShared = 2 };
enum Present : std::uint64_t { kStarted = 1, kFinished = 2, kVramFree = 4 };

std::uint64_t zigzag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void put(std::string& bytes, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>(value | 0x80);
  bytes += static_cast<char>(value);
}

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t next() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) return fail();
      const auto byte = static_cast<unsigned char>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return fail();
  }
  std::uint64_t next_byte() {
    if (bytes_.empty()) return fail();
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string text() {
    const std::uint64_t size = next();
    if (size > bytes_.size()) return fail(), "";
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  void skip_text() {
    const std::uint64_t size = next();
    if (size > bytes_.size()) return void(fail());
    bytes_.remove_prefix(size);
  }
  [[nodiscard]] std::string_view rest() const { return bytes_; }
  [[nodiscard]] bool good() const { return good_; }

 private:
  std::uint64_t fail() {
    good_ = false;
    bytes_ = {};
    return 0;
  }
  std::string_view bytes_;
  bool good_ = true;
};

void put_names(const RunFacts& facts, SharedFacts& shared, std::string& bytes) {
  const auto is_run_id = [&](const SceneFacts& scene) { return scene.scene_id == facts.run_id; };
  if (std::ranges::all_of(facts.scenes, is_run_id)) return put(bytes, kRunId);
  const auto repeats = [](const SceneFacts& scene) { return scene.scene_id.size() < 32; };
  if (shared.scene_names.size() < kSharedNames && std::ranges::all_of(facts.scenes, repeats)) {
    SceneNames names;
    for (const SceneFacts& scene : facts.scenes) names.names.push_back(scene.scene_id);
    return put(bytes, kShared + shared.scene_names.id_of(names));
  }
  put(bytes, kWrittenOut);
  for (const SceneFacts& scene : facts.scenes) {
    put(bytes, scene.scene_id.size());
    bytes += scene.scene_id;
  }
}

bool take_names(Bytes& bytes, const SharedFacts& shared, RunFacts& facts) {
  const std::uint64_t form = bytes.next();
  if (form >= kShared) {
    if (form - kShared >= shared.scene_names.size()) return false;
    const auto& names = shared.scene_names[form - kShared].names;
    if (names.size() != facts.scenes.size()) return false;
    for (std::size_t i = 0; i < names.size(); ++i) facts.scenes[i].scene_id = names[i];
    return true;
  }
  for (SceneFacts& scene : facts.scenes) scene.scene_id = form == kRunId ? facts.run_id : bytes.text();
  return true;
}

// Status, exit reason and "one attempt" in a byte; what a scene took; its key, 0 for that of the scene before.
bool put_scene(const SceneFacts& scene, std::uint32_t key, std::uint32_t before, std::string& bytes) {
  const std::uint64_t exit = scene.exit_reason ? static_cast<std::uint64_t>(*scene.exit_reason) : 15;
  const bool once = scene.attempt_count == 1;
  bytes += static_cast<char>(static_cast<std::uint64_t>(scene.status) | (exit << 3) | (once ? 0x80 : 0));
  if (!once) put(bytes, zigzag(scene.attempt_count));
  if (scene.duration_ms && zigzag(*scene.duration_ms) == ~std::uint64_t{0}) return false;
  put(bytes, scene.duration_ms ? zigzag(*scene.duration_ms) + 1 : 0);
  put(bytes, key == before ? 0 : std::uint64_t{key} + 1);
  return true;
}

bool take_scene(Bytes& bytes, const SharedFacts& shared, std::uint64_t& key, SceneFacts& scene) {
  const std::uint64_t head = bytes.next_byte();
  const std::uint64_t exit = (head >> 3) & 15;
  scene.status = static_cast<model::Status>(head & 7);
  if (exit != 15) scene.exit_reason = static_cast<model::ExitReason>(exit);
  scene.attempt_count = (head & 0x80) ? 1 : unzigzag(bytes.next());
  if (const std::uint64_t duration = bytes.next()) scene.duration_ms = unzigzag(duration - 1);
  if (const std::uint64_t own = bytes.next()) key = own - 1;
  if (key >= shared.works.size()) return false;
  scene.key = key_of(shared.works[key]);
  return true;
}

}  // namespace

bool pack_details(const RunFacts& facts, SharedFacts& shared, std::string& bytes) {
  std::uint64_t present = 0;
  if (facts.started_at_ms) present |= kStarted;
  if (facts.finished_at_ms) present |= kFinished;
  if (facts.vram_free_before_bytes) present |= kVramFree;
  put(bytes, present);
  if (facts.started_at_ms) put(bytes, zigzag(minus(*facts.started_at_ms, facts.created_at_ms)));
  if (facts.finished_at_ms) put(bytes, zigzag(minus(*facts.finished_at_ms, facts.created_at_ms)));
  if (facts.vram_free_before_bytes) put(bytes, zigzag(*facts.vram_free_before_bytes));
  put(bytes, facts.scenes.size());
  put_names(facts, shared, bytes);
  std::uint32_t before = ~0u;
  for (const SceneFacts& scene : facts.scenes) {
    const std::uint32_t key = shared.works.id_of(scene.key);
    if (!put_scene(scene, key, before, bytes)) return false;
    before = key;
  }
  return true;
}

bool unpack_details(std::string_view packed, const SharedFacts& shared, RunFacts& facts) {
  Bytes bytes(packed);
  const std::uint64_t present = bytes.next();
  if (present & kStarted) facts.started_at_ms = plus(facts.created_at_ms, unzigzag(bytes.next()));
  if (present & kFinished) facts.finished_at_ms = plus(facts.created_at_ms, unzigzag(bytes.next()));
  if (present & kVramFree) facts.vram_free_before_bytes = unzigzag(bytes.next());
  const std::uint64_t scenes = bytes.next();
  if (scenes > packed.size()) return false;
  facts.scenes.resize(scenes);
  if (!take_names(bytes, shared, facts)) return false;
  std::uint64_t key = ~std::uint64_t{0};
  for (SceneFacts& scene : facts.scenes) {
    if (!take_scene(bytes, shared, key, scene)) return false;
  }
  return bytes.good();
}

PackedScenes::PackedScenes(std::string_view packed) {
  Bytes bytes(packed);
  const std::uint64_t present = bytes.next();
  for (const std::uint64_t time : {kStarted, kFinished, kVramFree}) {
    if (present & time) (void)bytes.next();
  }
  const std::uint64_t scenes = bytes.next();
  if (scenes > packed.size()) return;
  const bool named_here = bytes.next() == kWrittenOut;
  for (std::uint64_t i = 0; named_here && i < scenes; ++i) bytes.skip_text();
  left_ = scenes;
  bytes_ = bytes.rest();
}

bool PackedScenes::next() {
  if (left_ == 0) return false;
  --left_;
  Bytes bytes(bytes_);
  const std::uint64_t head = bytes.next_byte();
  if ((head & 0x80) == 0) (void)bytes.next();
  status_ = static_cast<model::Status>(head & 7);
  const std::uint64_t duration = bytes.next();
  duration_ms_ = duration == 0 ? std::nullopt : std::optional(unzigzag(duration - 1));
  if (const std::uint64_t own = bytes.next()) work_ = own - 1;
  bytes_ = bytes.rest();
  if (!bytes.good() || work_ > kMostWork) left_ = 0;
  return bytes.good() && work_ <= kMostWork;
}

}  // namespace comfytrace::history::columns

#include "history/sqlite/detail_packer.h"

#include <zdict.h>
#include <zstd.h>

#include <algorithm>
#include <optional>

#include "base/check.h"
#include "history/sqlite/bytes.h"
#include "history/sqlite/deflate.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr char kWithDictionary = 2;  // after the two forms of deflate.h
constexpr std::uint64_t kMaxPlainBytes = 256u << 20;
// The first bytes of every frame of zstd: not worth keeping.
constexpr std::string_view kMagic("\x28\xB5\x2F\xFD", 4);
constexpr int kLevel = 1;
// Looks for what the dictionary has at every other byte: a quarter less time for a fiftieth more bytes.
constexpr int kStep = 2;
// Literals, which with a step would be left as they are otherwise. Another version of zstd may know no such parameter:
// then details are longer.
constexpr ZSTD_cParameter kLiterals = ZSTD_c_experimentalParam5;
constexpr int kPackLiterals = 1;

constexpr std::int64_t kEnoughRuns = 1'000;
// One of so many of those: more of them teach little more, and whoever saves a run waits for it.
constexpr std::size_t kLearnedFrom = 4;
constexpr std::size_t kHeldBack = 8;
constexpr std::int64_t kRunsBetweenLooks = 8'192;
constexpr std::size_t kSampleBytes = 8'192;  // of a run with long texts: only its beginning
constexpr std::size_t kContentBytes = 15u << 10;
constexpr std::size_t kStatisticsBytes = 1u << 10;
constexpr std::int64_t kMaxDictionaries = 64;
constexpr double kFitsWorse = 1.15;
constexpr double kWorthKeeping = 0.95;

using WritingPtr = std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)>;

WritingPtr writing(std::string_view dictionary) {
  WritingPtr context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  CHECK(context != nullptr);
  const std::pair<ZSTD_cParameter, int> parameters[] = {
      {ZSTD_c_compressionLevel, kLevel}, {ZSTD_c_targetLength, kStep}, {ZSTD_c_dictIDFlag, 0}};
  for (const auto& [parameter, value] : parameters)
    CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context.get(), parameter, value)) == 0);
  (void)ZSTD_CCtx_setParameter(context.get(), kLiterals, kPackLiterals);
  CHECK(ZSTD_isError(ZSTD_CCtx_loadDictionary(context.get(), dictionary.data(), dictionary.size())) == 0);
  return context;
}

// Behind its first four bytes, which every frame has. Valid as long as `room` stays.
std::string_view frame_of(ZSTD_CCtx* context, std::string_view plain, std::string& room) {
  if (const std::size_t most = ZSTD_compressBound(plain.size()); room.size() < most) room.resize(most);
  const std::size_t size = ZSTD_compress2(context, room.data(), room.size(), plain.data(), plain.size());
  CHECK(ZSTD_isError(size) == 0 && room.starts_with(kMagic));
  return std::string_view(room).substr(0, size).substr(kMagic.size());
}

// How long these runs are packed, by how long they are.
double ratio_of(ZSTD_CCtx* context, const std::vector<std::string>& runs) {
  std::size_t plain = 0;
  std::size_t packed = 0;
  std::string room;
  for (const auto& run : runs) {
    plain += run.size();
    packed += frame_of(context, run, room).size();
  }
  return plain > 0 ? static_cast<double>(packed) / static_cast<double>(plain) : 1;
}

// Whole runs, evenly from all, which packs shorter than what is picked from them piece by piece; behind the statistics
// of how all of them are packed with these.
std::optional<std::string> learned_from(const std::vector<std::string>& runs) {
  std::string all;
  std::vector<std::size_t> sizes;
  for (const auto& run : runs) {
    all.append(run, 0, kSampleBytes);
    sizes.push_back(std::min(run.size(), kSampleBytes));
  }
  const std::size_t each = std::max<std::size_t>(1, all.size() / kContentBytes);
  std::string content;
  for (std::size_t i = 0; i < runs.size(); i += each) content.append(runs[i], 0, sizes[i]);
  if (content.size() > kContentBytes) content.erase(0, content.size() - kContentBytes);
  std::string dictionary(kContentBytes + kStatisticsBytes, '\0');
  ZDICT_params_t params{};
  params.compressionLevel = kLevel;
  const std::size_t size =
      ZDICT_finalizeDictionary(dictionary.data(), dictionary.size(), content.data(), content.size(), all.data(),
                               sizes.data(), static_cast<unsigned>(sizes.size()), params);
  if (ZDICT_isError(size) != 0) return std::nullopt;  // too few, or nothing that they share
  dictionary.resize(size);
  return dictionary;
}

}  // namespace

struct DetailPacker::Zstd {
  ZSTD_DCtx* reader = nullptr;
  WritingPtr newest{nullptr, &ZSTD_freeCCtx};
  std::int64_t newest_id = 0;
  double newest_ratio = 1;  // of runs that it was not learned from
  std::string room;         // for the frame of a run
  std::string frame;        // the same when it is read

  Zstd() = default;
  Zstd(const Zstd&) = delete;
  ~Zstd() { ZSTD_freeDCtx(reader); }
  ZSTD_DCtx* to_read() {
    if (reader == nullptr) reader = ZSTD_createDCtx();
    CHECK(reader != nullptr);
    return reader;
  }
};

struct DetailPacker::Reading {
  explicit Reading(std::string_view dictionary) : zstd(ZSTD_createDDict(dictionary.data(), dictionary.size())) {}
  Reading(const Reading&) = delete;
  ~Reading() { ZSTD_freeDDict(zstd); }
  ZSTD_DDict* zstd;
};

DetailPacker::DetailPacker(Connection& connection) : connection_(connection), zstd_(std::make_unique<Zstd>()) {}
DetailPacker::~DetailPacker() = default;

std::string DetailPacker::packed(std::string details) {
  --until_look_;
  if (!zstd_->newest) return details;
  const auto inflated = is_plain_form(details) ? std::nullopt : plain_bytes(details);
  CHECK(inflated.has_value() || is_plain_form(details));
  const std::string_view plain = inflated ? std::string_view(*inflated) : std::string_view(details).substr(1);
  ByteWriter out;
  out.byte(kWithDictionary);
  out.u64(static_cast<std::uint64_t>(zstd_->newest_id));
  out.raw(frame_of(zstd_->newest.get(), plain, zstd_->room));
  plain_bytes_ += static_cast<std::int64_t>(plain.size());
  if (out.bytes().size() < details.size()) details = out.take();
  packed_bytes_ += static_cast<std::int64_t>(details.size());
  return details;
}

std::string_view DetailPacker::details(std::string_view kept) {
  if (!kept.starts_with(kWithDictionary)) return kept;
  ByteReader in(kept.substr(1));
  const auto id = static_cast<std::int64_t>(in.u64());
  if (in.failed()) return {};
  const Reading* with = reading(id);
  if (with == nullptr) return {};
  std::string& frame = zstd_->frame;
  frame = kMagic;
  frame += in.raw(in.left());
  const auto size = ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > kMaxPlainBytes) return {};
  room_ = plain_form({});
  const std::size_t head = room_.size();
  room_.resize(head + static_cast<std::size_t>(size));
  const std::size_t got = ZSTD_decompress_usingDDict(zstd_->to_read(), room_.data() + head, room_.size() - head,
                                                     frame.data(), frame.size(), with->zstd);
  return got == size ? std::string_view(room_) : std::string_view();
}

const DetailPacker::Reading* DetailPacker::reading(std::int64_t id) {
  if (const auto at = readings_.find(id); at != readings_.end()) return at->second.get();
  Query query = connection_.query("SELECT dictionary FROM detail_dictionaries WHERE dictionary_id = ?");
  query.bind(id);
  if (!query.step()) return nullptr;
  auto made = std::make_unique<Reading>(query.bytes(0));
  if (made->zstd == nullptr) return nullptr;
  return readings_.emplace(id, std::move(made)).first->second.get();
}

void DetailPacker::use_newest() {
  Query query = connection_.query(
      "SELECT dictionary_id, dictionary, packed_ratio FROM detail_dictionaries ORDER BY dictionary_id DESC LIMIT 1");
  if (!query.step()) return;
  zstd_->newest_id = query.integer(0);
  zstd_->newest = writing(query.bytes(1));
  zstd_->newest_ratio = query.real(2);
}

std::vector<std::string> DetailPacker::newest_runs() {
  std::vector<std::string> runs;
  Query query = connection_.query("SELECT details FROM run_details ORDER BY rid DESC LIMIT ?");
  query.bind(kEnoughRuns);
  while (query.step()) {
    // What is damaged teaches nothing.
    if (auto plain = plain_bytes(details(query.bytes(0)))) runs.push_back(std::move(*plain));
  }
  return runs;
}

void DetailPacker::learn_if_due() {
  if (!has_looked_) {
    has_looked_ = true;
    use_newest();
    if (zstd_->newest) {
      until_look_ = kRunsBetweenLooks;
    } else {
      Query newest = connection_.query("SELECT MAX(rid) FROM run_details");
      until_look_ = kEnoughRuns - (newest.step() ? newest.maybe_integer(0).value_or(0) : 0);
    }
  }
  if (until_look_ > 0) return;
  const bool fits = zstd_->newest && static_cast<double>(packed_bytes_) <=
                                         kFitsWorse * zstd_->newest_ratio * static_cast<double>(plain_bytes_);
  if (!fits) learn();
  until_look_ = zstd_->newest ? kRunsBetweenLooks : kEnoughRuns;
  plain_bytes_ = packed_bytes_ = 0;
}

void DetailPacker::forget_if_unused() {
  Query used = connection_.query("SELECT 1 FROM run_details LIMIT 1");
  if (used.step()) return;
  connection_.query("DELETE FROM detail_dictionaries").run();
  // Looked up anew before the next run is saved: if this is rolled back, they are still there.
  has_looked_ = false;
  zstd_->newest.reset();
}

void DetailPacker::learn() {
  Query learned = connection_.query("SELECT COUNT(*) FROM detail_dictionaries");
  if (learned.step() && learned.integer(0) >= kMaxDictionaries) return;
  auto runs = newest_runs();
  if (2 * runs.size() < kEnoughRuns) return;
  std::vector<std::string> from;
  std::vector<std::string> held_back;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (i % kLearnedFrom == 0) from.push_back(std::move(runs[i]));
    if (i % kHeldBack == 1) held_back.push_back(std::move(runs[i]));
  }
  auto dictionary = learned_from(from);
  if (!dictionary) return;
  const double ratio = ratio_of(writing(*dictionary).get(), held_back);
  const double now = zstd_->newest ? ratio_of(zstd_->newest.get(), held_back) : 1;
  if (ratio > kWorthKeeping * now) return;
  {
    Transaction transaction(connection_, Transaction::Kind::write);
    connection_.query("INSERT INTO detail_dictionaries(dictionary, packed_ratio) VALUES (?, ?)")
        .bind_blob(*dictionary)
        .bind_real(ratio)
        .run();
    transaction.commit();
  }
  use_newest();
}

}  // namespace comfytrace::history::sqlite

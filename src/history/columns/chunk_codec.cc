#include "history/columns/chunk_codec.h"

#include <zlib.h>

#include <cstring>
#include <type_traits>

#include "base/check.h"
#include "base/codec.h"

namespace comfytrace::history::columns {
namespace {

// Counts up with every change of the form, of the shared facts' members or of what run_facts.h makes of a run.
constexpr std::uint32_t kForm = 2;

constexpr std::size_t kHead = 12;

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

class Writer {
 public:
  void number(std::uint32_t value) { raw(&value, sizeof value); }
  template <class T>
  void array(const T* items, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    raw(items, count * sizeof(T));
  }
  void text(std::string_view bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    raw(bytes.data(), bytes.size());
  }
  // The form, a checksum of everything behind it, how long it was, and all of it deflated: the shared facts are texts
  // that are much alike.
  [[nodiscard]] std::string sealed() && {
    uLongf size = compressBound(static_cast<uLong>(bytes_.size()));
    std::string sealed(kHead + size, '\0');
    // Level 1: the next ones take far longer for little less.
    CHECK(compress2(reinterpret_cast<Bytef*>(sealed.data() + kHead), &size,
                    reinterpret_cast<const Bytef*>(bytes_.data()), static_cast<uLong>(bytes_.size()), 1) == Z_OK);
    sealed.resize(kHead + size);
    const auto plain_bytes = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(sealed.data() + 8, &plain_bytes, 4);
    const std::uint32_t sum = checksum(std::string_view(sealed).substr(8));
    std::memcpy(sealed.data(), &kForm, 4);
    std::memcpy(sealed.data() + 4, &sum, 4);
    return sealed;
  }

 private:
  void raw(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view sealed) : good_(sealed.size() >= kHead) {
    if (!good_) return;
    std::uint32_t head[3];
    std::memcpy(head, sealed.data(), kHead);
    good_ = head[0] == kForm && head[1] == checksum(sealed.substr(8));
    if (!good_) return;
    plain_.resize(head[2]);
    uLongf size = head[2];
    sealed.remove_prefix(kHead);
    good_ = uncompress(reinterpret_cast<Bytef*>(plain_.data()), &size, reinterpret_cast<const Bytef*>(sealed.data()),
                       static_cast<uLong>(sealed.size())) == Z_OK &&
            size == head[2];
    rest_ = plain_;
  }
  Reader(const Reader&) = delete;
  std::uint32_t number() {
    std::uint32_t value = 0;
    array(&value, 1);
    return value;
  }
  template <class T>
  void array(T* items, std::size_t count) {
    const std::string_view bytes = take(count * sizeof(T));
    if (good_) std::memcpy(items, bytes.data(), bytes.size());
  }
  std::string_view take(std::size_t size) {
    good_ = good_ && size <= rest_.size();
    if (!good_) return {};
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

 private:
  std::string plain_;
  std::string_view rest_;
  bool good_;
};

template <class T>
void put_values(Writer& writer, const Interner<T>& interner) {
  std::vector<T> values;
  for (std::size_t i = 0; i < interner.size(); ++i) values.push_back(interner[i]);
  writer.text(base::encode_json(values));
}

template <class T>
bool take_values(Reader& reader, Interner<T>& interner) {
  auto values = base::decode_json<std::vector<T>>(reader.take(reader.number()));
  if (!reader.good() || !values) return false;
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (interner.id_of((*values)[i]) != i) return false;
  }
  return true;
}

void put_column(Writer& writer, const LocalColumn& column, std::uint32_t rows) {
  const std::size_t count = column.locals().size();
  writer.number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) writer.number(column.locals()[i]);
  writer.array(column.rows(), rows);
}

bool take_column(Reader& reader, LocalColumn& column, std::uint32_t rows, std::size_t known) {
  const std::uint32_t count = reader.number();
  if (!reader.good() || count > kChunkRows) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t id = reader.number();
    if (id >= known) return false;
    column.load_local(id);
  }
  reader.array(column.raw(), rows);
  if (!reader.good()) return false;
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (column.rows()[row] >= count) return false;
  }
  return true;
}

}  // namespace

std::string ChunkCodec::pack_shared(const ColumnStore& store) {
  Writer writer;
  put_values(writer, store.shared_.outcomes);
  put_values(writer, store.shared_.settings);
  put_values(writer, store.shared_.labels);
  put_values(writer, store.shared_.works);
  put_values(writer, store.shared_.shapes);
  put_values(writer, store.shared_.scene_names);
  return std::move(writer).sealed();
}

bool ChunkCodec::unpack_shared(ColumnStore& store, std::string_view bytes) {
  Reader reader(bytes);
  return reader.good() && take_values(reader, store.shared_.outcomes) && take_values(reader, store.shared_.settings) &&
         take_values(reader, store.shared_.labels) && take_values(reader, store.shared_.works) &&
         take_values(reader, store.shared_.shapes) && take_values(reader, store.shared_.scene_names) && reader.at_end();
}

std::string ChunkCodec::pack_chunk(const ColumnStore& store, std::size_t number) {
  const Chunk& chunk = *store.chunks_[number];
  const std::uint32_t rows = std::min(store.written_ - static_cast<std::uint32_t>(number) * kChunkRows, kChunkRows);
  Writer writer;
  writer.number(rows);
  writer.array(chunk.created_at_ms.get(), rows);
  writer.array(chunk.rid.get(), rows);
  writer.array(chunk.duration_ms.get(), rows);
  writer.array(chunk.queue_wait_ms.get(), rows);
  writer.array(chunk.vram_peak_low.get(), rows);
  writer.array(chunk.vram_peak_high.get(), rows);
  writer.array(chunk.details_at.get(), rows);
  for (const LocalColumn* column : {&chunk.outcome, &chunk.setting, &chunk.label, &chunk.work})
    put_column(writer, *column, rows);
  const std::uint32_t used = chunk.details.used();
  writer.number(used);
  for (std::uint32_t at = 0; at < used; at += PagedBytes::kPageBytes)
    writer.array(chunk.details.page(at / PagedBytes::kPageBytes), std::min(used - at, PagedBytes::kPageBytes));
  return std::move(writer).sealed();
}

std::string ChunkCodec::pack_dead(const ColumnStore& store, std::size_t number) {
  const auto* died = store.chunks_[number]->died();
  std::string bits(died ? kChunkRows / 8 : 0, '\0');
  for (std::uint32_t row = 0; died && row < kChunkRows; ++row) {
    if (died[row].load(std::memory_order_relaxed) != 0)
      bits[row / 8] = static_cast<char>(static_cast<unsigned char>(bits[row / 8]) | (1u << (row % 8)));
  }
  Writer writer;
  writer.text(bits);
  return std::move(writer).sealed();
}

bool ChunkCodec::unpack_chunk(ColumnStore& store, std::string_view bytes, std::string_view dead) {
  if (store.written_ % kChunkRows != 0) return false;
  const std::size_t number = store.written_ / kChunkRows;
  Reader reader(bytes);
  const std::uint32_t rows = reader.number();
  if (!reader.good() || rows == 0 || rows > kChunkRows || number >= ColumnStore::kChunks) return false;
  auto fresh = std::make_unique<Chunk>();
  Chunk& chunk = *fresh;
  reader.array(chunk.created_at_ms.get(), rows);
  reader.array(chunk.rid.get(), rows);
  reader.array(chunk.duration_ms.get(), rows);
  reader.array(chunk.queue_wait_ms.get(), rows);
  reader.array(chunk.vram_peak_low.get(), rows);
  reader.array(chunk.vram_peak_high.get(), rows);
  reader.array(chunk.details_at.get(), rows);
  const SharedFacts& shared = store.shared_;
  if (!take_column(reader, chunk.outcome, rows, shared.outcomes.size()) ||
      !take_column(reader, chunk.setting, rows, shared.settings.size()) ||
      !take_column(reader, chunk.label, rows, shared.labels.size()) ||
      !take_column(reader, chunk.work, rows, shared.works.size()))
    return false;
  const std::uint32_t used = reader.number();
  if (!reader.good() || !chunk.details.load(used)) return false;
  for (std::uint32_t at = 0; at < used; at += PagedBytes::kPageBytes)
    reader.array(chunk.details.page(at / PagedBytes::kPageBytes), std::min(used - at, PagedBytes::kPageBytes));
  Reader of_dead(dead);
  const std::string_view bits = of_dead.take(of_dead.number());
  if (!reader.at_end() || !of_dead.at_end()) return false;
  store.chunks_[number] = std::move(fresh);
  store.adopt(chunk, rows, bits);
  return true;
}

std::vector<std::int64_t> ChunkCodec::odd_rids(const ColumnStore& store) {
  std::vector<std::int64_t> rids;
  for (std::uint32_t row = 0; row < store.written_; ++row) {
    const Chunk& chunk = *store.chunks_[row / kChunkRows];
    const std::uint32_t at = row % kChunkRows;
    if (store.shared_.outcomes[chunk.outcome.at(at)].is_odd && chunk.is_live(at, store.version_ + 1))
      rids.push_back(chunk.rid[at]);
  }
  return rids;
}

}  // namespace comfytrace::history::columns

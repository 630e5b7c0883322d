#include "history/columns/chunk_codec.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/codec.h"
#include "history/columns/value_bytes.h"

namespace comfytrace::history::columns {
namespace {

class Writer {
 public:
  void number(std::uint32_t value) { raw(&value, sizeof value); }
  template <class T>
  void array(const T* items, std::size_t count) {
    static_assert(std::is_trivially_copyable_v<T>);
    raw(items, count * sizeof(T));
  }
  // Numbers that mostly rise: by how much each does, which compresses far better.
  template <class T>
  void steps(const T* items, std::size_t count) {
    using Unsigned = std::make_unsigned_t<T>;
    std::vector<Unsigned> steps(count);
    for (std::size_t i = 0; i < count; ++i)
      steps[i] = static_cast<Unsigned>(items[i]) - (i > 0 ? static_cast<Unsigned>(items[i - 1]) : 0);
    array(steps.data(), count);
  }
  void text(std::string_view bytes) {
    number(static_cast<std::uint32_t>(bytes.size()));
    raw(bytes.data(), bytes.size());
  }
  [[nodiscard]] std::string sealed() const { return seal(bytes_); }

 private:
  void raw(const void* data, std::size_t size) { bytes_.append(static_cast<const char*>(data), size); }
  std::string bytes_;
};

class Reader {
 public:
  explicit Reader(std::string_view plain) : rest_(plain) {}
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
  template <class T>
  void steps(T* items, std::size_t count) {
    using Unsigned = std::make_unsigned_t<T>;
    array(items, count);
    for (std::size_t i = 1; good_ && i < count; ++i)
      items[i] = static_cast<T>(static_cast<Unsigned>(items[i]) + static_cast<Unsigned>(items[i - 1]));
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
  std::string_view rest_;
  bool good_ = true;
};

template <class Values>
void put_values(Writer& writer, const Values& of) {
  std::string values;
  put_number(values, of.size());
  for (std::size_t i = 0; i < of.size(); ++i) put_value(values, of[i]);
  writer.text(values);
}
void put_values(Writer& writer, const LabelBook& labels) {
  writer.text(labels.packed());
}

template <class Values>
bool take_older(std::string_view bytes, Values& into) {
  const auto values = base::decode_json<std::vector<typename Values::Value>>(bytes);
  if (!values) return false;
  for (std::size_t i = 0; i < values->size(); ++i) {
    if (into.id_of((*values)[i]) != i) return false;
  }
  return true;
}

template <class Values>
bool take_newer(std::string_view bytes, Values& into) {
  ValueReader reader(bytes);
  for (std::uint64_t i = 0, count = reader.count(); i < count; ++i) {
    typename Values::Value value;
    reader.take(value);
    if (!reader.good() || into.id_of(value) != i) return false;
  }
  return reader.good() && reader.rest().empty();
}
bool take_newer(std::string_view bytes, LabelBook& labels) {
  return labels.load(bytes);
}

template <class Values>
bool take_values(Reader& reader, bool is_older, Values& into) {
  const std::string_view bytes = reader.take(reader.number());
  return reader.good() && (is_older ? take_older(bytes, into) : take_newer(bytes, into));
}

void put_list(Writer& writer, const StableVector<std::uint32_t>& list) {
  const std::size_t count = list.size();
  writer.number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < count; ++i) writer.number(list[i]);
}

void put_column(Writer& writer, const LocalColumn& column, std::uint32_t rows) {
  put_list(writer, column.locals());
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

bool take_details(Reader& reader, Chunk& chunk) {
  for (std::uint32_t i = 0, count = reader.number(); i < count && reader.good(); ++i)
    chunk.details_rows.push_back(reader.number());
  const std::string_view bytes = reader.take(reader.number());
  if (!reader.good() || !chunk.details.load(static_cast<std::uint32_t>(bytes.size())) ||
      chunk.details.pages() != chunk.details_rows.size())
    return false;
  for (std::size_t i = 0; i < chunk.details.pages(); ++i) {
    const std::string_view page = bytes.substr(i * PagedBytes::kPageBytes, PagedBytes::kPageBytes);
    std::memcpy(chunk.details.page(i), page.data(), page.size());
  }
  return true;
}

void put_class_times(Writer& writer, const ClassTimes::View& times, const Interner<NodeShape>& shapes,
                     std::uint32_t rows) {
  if (!times.sealed) {
    std::string texts;
    for (std::uint32_t row = 0; row < rows; ++row) texts += times.open->text(row, shapes);
    return writer.text(texts);
  }
  const SealedTimes::Kept kept = times.sealed->kept();
  writer.number(static_cast<std::uint32_t>(kept.shapes.size()));
  writer.array(kept.shapes.data(), kept.shapes.size());
  // All lower halves, then all upper ones: these are nearly all alike.
  for (const int shift : {0, 8}) {
    std::string halves;
    for (const std::uint16_t run : kept.run_of_row) halves += static_cast<char>(run >> shift);
    writer.array(halves.data(), halves.size());
  }
  writer.number(static_cast<std::uint32_t>(kept.widths.size()));
  writer.array(kept.widths.data(), kept.widths.size());
  writer.text(kept.times);
}

bool take_class_times(Reader& reader, const Interner<NodeShape>& shapes, std::uint32_t rows, ClassTimes& times) {
  if (rows < kChunkRows) {
    std::string_view texts = reader.take(reader.number());
    for (std::uint32_t row = 0; row < rows; ++row) {
      const std::string_view text = take_times(texts, shapes);
      if (text.empty() || !times.append(row, text)) return false;
    }
    return texts.empty();
  }
  SealedTimes::Kept kept;
  const std::string_view of_shapes = reader.take(std::size_t{reader.number()} * sizeof(std::uint32_t));
  if (of_shapes.empty()) return false;
  kept.shapes.resize(of_shapes.size() / sizeof(std::uint32_t));
  std::memcpy(kept.shapes.data(), of_shapes.data(), of_shapes.size());
  const std::string_view low = reader.take(rows);
  const std::string_view high = reader.take(rows);
  const std::string_view widths = reader.take(reader.number());
  kept.widths.assign(widths.begin(), widths.end());
  kept.times = reader.take(reader.number());
  if (!reader.good()) return false;
  kept.run_of_row.resize(rows);
  for (std::uint32_t row = 0; row < rows; ++row)
    kept.run_of_row[row] =
        static_cast<std::uint16_t>(static_cast<unsigned char>(low[row]) | static_cast<unsigned char>(high[row]) << 8);
  auto sealed = SealedTimes::load(kept, shapes);
  const bool good = sealed != nullptr;
  times.load(std::move(sealed));
  return good;
}

// Of an older form: what the classes of node took stands in front of the details of each row, which begins there.
bool divide_details(Reader& reader, const std::vector<std::uint32_t>& begin, const SharedFacts& shared, Chunk& chunk) {
  const std::string_view bytes = reader.take(reader.number());
  const auto rows = static_cast<std::uint32_t>(begin.size());
  auto end = static_cast<std::uint32_t>(bytes.size());
  std::vector<std::uint32_t> ends(rows, 0);
  std::string_view of_first;
  for (std::uint32_t row = rows; row-- > 0;) {
    if (shared.outcomes[chunk.outcome.at(row)].is_odd) continue;
    ends[row] = std::min(end, begin[row] / PagedBytes::kPageBytes * PagedBytes::kPageBytes + PagedBytes::kPageBytes);
    end = begin[row];
    if (end >= ends[row]) return false;
    of_first = bytes.substr(end, ends[row] - end);
  }
  for (std::uint32_t row = 0; row < rows; ++row) {
    // Nobody looks at those of an odd run, but something must stand there.
    std::string_view rest = ends[row] == 0 ? of_first : bytes.substr(begin[row], ends[row] - begin[row]);
    const std::string_view times = take_times(rest, shared.shapes);
    if (times.empty() || !chunk.class_times.append(row, times)) return false;
    chunk.details_at[row] = 0;
    if (ends[row] != 0 && !chunk.add_details(row, rest)) return false;
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
  return writer.sealed();
}

std::optional<std::uint32_t> ChunkCodec::unpack_shared(ColumnStore& store, std::string_view bytes) {
  Unsealer unsealer;
  const std::uint32_t form = unsealer.open(bytes);
  if (form == 0) return std::nullopt;
  const bool is_older = form == kOlderForm;
  Reader reader(unsealer.plain());
  SharedFacts& shared = store.shared_;
  const bool good = take_values(reader, is_older, shared.outcomes) && take_values(reader, is_older, shared.settings) &&
                    take_values(reader, is_older, shared.labels) && take_values(reader, is_older, shared.works) &&
                    take_values(reader, is_older, shared.shapes) && take_values(reader, is_older, shared.scene_names) &&
                    reader.at_end();
  return good ? std::optional(form) : std::nullopt;
}

std::string ChunkCodec::pack_chunk(const ColumnStore& store, std::size_t number) {
  const Chunk& chunk = *store.chunks_[number];
  const std::uint32_t rows = std::min(store.written_ - static_cast<std::uint32_t>(number) * kChunkRows, kChunkRows);
  Writer writer;
  writer.number(rows);
  writer.steps(chunk.created_at_ms.get(), rows);
  writer.steps(chunk.rid.get(), rows);
  writer.array(chunk.duration_ms.get(), rows);
  writer.array(chunk.queue_wait_ms.get(), rows);
  writer.array(chunk.vram_peak_low.get(), rows);
  writer.array(chunk.vram_peak_high.get(), rows);
  writer.steps(chunk.details_at.get(), rows);
  for (const LocalColumn* column : {&chunk.outcome, &chunk.setting, &chunk.label, &chunk.work})
    put_column(writer, *column, rows);
  put_list(writer, chunk.details_rows);
  const std::uint32_t used = chunk.details.used();
  writer.number(used);
  for (std::uint32_t at = 0; at < used; at += PagedBytes::kPageBytes)
    writer.array(chunk.details.page(at / PagedBytes::kPageBytes), std::min(used - at, PagedBytes::kPageBytes));
  put_class_times(writer, chunk.class_times.view(), store.shared_.shapes, rows);
  return writer.sealed();
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
  return writer.sealed();
}

std::optional<ChunkCodec::Unpacked> ChunkCodec::unpack_chunk(const ColumnStore& store, std::string_view bytes,
                                                             std::string_view dead, Unsealer& unsealer) {
  Unpacked unpacked;
  unpacked.form = unsealer.open(bytes);
  if (unpacked.form == 0) return std::nullopt;
  Reader reader(unsealer.plain());
  const std::uint32_t rows = unpacked.rows = reader.number();
  if (!reader.good() || rows == 0 || rows > kChunkRows) return std::nullopt;
  unpacked.chunk = std::make_unique<Chunk>();
  Chunk& chunk = *unpacked.chunk;
  const auto rising = [&](auto* items) {
    unpacked.form == kOlderForm ? reader.array(items, rows) : reader.steps(items, rows);
  };
  std::vector<std::uint32_t> older_at(unpacked.form == kForm ? 0 : rows);
  rising(chunk.created_at_ms.get());
  rising(chunk.rid.get());
  reader.array(chunk.duration_ms.get(), rows);
  reader.array(chunk.queue_wait_ms.get(), rows);
  reader.array(chunk.vram_peak_low.get(), rows);
  reader.array(chunk.vram_peak_high.get(), rows);
  unpacked.form == kForm ? rising(chunk.details_at.get()) : rising(older_at.data());
  const SharedFacts& shared = store.shared_;
  if (!take_column(reader, chunk.outcome, rows, shared.outcomes.size()) ||
      !take_column(reader, chunk.setting, rows, shared.settings.size()) ||
      !take_column(reader, chunk.label, rows, shared.labels.size()) ||
      !take_column(reader, chunk.work, rows, shared.works.size()))
    return std::nullopt;
  const bool good = unpacked.form == kForm ? take_details(reader, chunk) &&
                                                 take_class_times(reader, shared.shapes, rows, chunk.class_times)
                                           : divide_details(reader, older_at, shared, chunk);
  if (!good || !reader.at_end()) return std::nullopt;
  if (rows == kChunkRows && !chunk.class_times.view().sealed) chunk.class_times.seal(shared.shapes);
  if (unsealer.open(dead) == 0) return std::nullopt;
  Reader of_dead(unsealer.plain());
  const std::string_view bits = of_dead.take(of_dead.number());
  if (!of_dead.at_end()) return std::nullopt;
  chunk.cover(rows);
  for (std::uint32_t row = 0; row < rows && row / 8 < bits.size(); ++row) {
    if ((static_cast<unsigned char>(bits[row / 8]) >> (row % 8) & 1) != 0) (void)chunk.kill(row, store.version_ + 1);
  }
  return unpacked;
}

bool ChunkCodec::adopt(ColumnStore& store, std::vector<Unpacked> chunks) {
  if (chunks.size() > ColumnStore::kChunks) return false;
  std::uint32_t last_rid = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i + 1 < chunks.size() && chunks[i].rows != kChunkRows) return false;
    const std::uint32_t* rids = chunks[i].chunk->rid.get();
    last_rid = std::max(last_rid, *std::max_element(rids, rids + chunks[i].rows));
  }
  for (Unpacked& unpacked : chunks) store.adopt(std::move(unpacked.chunk), unpacked.rows, last_rid);
  return true;
}

std::vector<std::int64_t> ChunkCodec::odd_rids(const ColumnStore& store) {
  std::vector<std::int64_t> rids;
  for (std::uint32_t begin = 0; begin < store.written_; begin += kChunkRows) {
    const Chunk& chunk = *store.chunks_[begin / kChunkRows];
    const auto is_odd = [&](std::uint32_t id) { return store.shared_.outcomes[id].is_odd; };
    bool any = false;
    for (std::size_t i = 0; i < chunk.outcome.locals().size(); ++i) any = any || is_odd(chunk.outcome.locals()[i]);
    for (std::uint32_t at = 0; any && at < std::min(store.written_ - begin, kChunkRows); ++at) {
      if (is_odd(chunk.outcome.at(at)) && chunk.is_live(at, store.version_ + 1)) rids.push_back(chunk.rid[at]);
    }
  }
  return rids;
}

}  // namespace comfytrace::history::columns

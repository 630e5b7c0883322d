#include "history/sqlite/chunk_loading.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "history/columns/chunk_codec.h"

namespace comfytrace::history::sqlite {
namespace {

using columns::ChunkCodec;
using columns::ColumnStore;

// Beyond this many threads reading the file takes longer than unpacking.
constexpr std::size_t kThreads = 4;

class ChunkLoading {
 public:
  ChunkLoading(Connection& connection, const ColumnStore& store)
      : store_(store),
        query_(
            connection.query("SELECT c.place, c.packed, d.bits FROM column_chunks AS c "
                             "LEFT JOIN column_dead AS d ON d.place = c.place WHERE c.place >= 0 ORDER BY c.place")) {}

  // False: something cannot be used.
  bool run(std::size_t chunks) {
    chunks_.resize(chunks);
    const std::size_t threads = std::min({chunks, kThreads, std::size_t{std::thread::hardware_concurrency()}});
    std::vector<std::thread> others;
    try {
      for (std::size_t i = 1; i < threads; ++i) others.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // There are no more threads to be had; those that there are do it.
    }
    work();
    for (std::thread& other : others) other.join();
    if (thrown_) std::rethrow_exception(thrown_);
    return !failed_;
  }
  [[nodiscard]] std::vector<ChunkCodec::Unpacked> take() { return std::move(chunks_); }

 private:
  struct Packed {
    std::size_t place = 0;
    std::string chunk;
    std::string dead;
  };

  void work() {
    try {
      columns::Unsealer unsealer;
      for (Packed packed; next(packed);) {
        auto unpacked = ChunkCodec::unpack_chunk(store_, packed.chunk, packed.dead, unsealer);
        if (!unpacked) return fail(nullptr);
        chunks_[packed.place] = std::move(*unpacked);
      }
    } catch (...) {
      fail(std::current_exception());
    }
  }
  bool next(Packed& packed) {
    const std::lock_guard lock(mutex_);
    if (failed_ || place_ == chunks_.size()) return false;
    packed.place = place_++;
    failed_ = !query_.step() || query_.integer(0) != static_cast<std::int64_t>(packed.place) || query_.is_null(2);
    if (failed_) return false;
    packed.chunk.assign(query_.bytes(1));
    packed.dead.assign(query_.bytes(2));
    return true;
  }
  void fail(std::exception_ptr thrown) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    if (!thrown_) thrown_ = std::move(thrown);
  }

  const ColumnStore& store_;
  std::vector<ChunkCodec::Unpacked> chunks_;  // each thread writes those that it took
  std::mutex mutex_;                          // of all below
  Query query_;
  std::size_t place_ = 0;
  bool failed_ = false;
  std::exception_ptr thrown_;
};

std::string shared_part(Connection& connection) {
  Query query = connection.query("SELECT packed FROM column_chunks WHERE place = ?");
  query.bind(kSharedPlace);
  return query.step() ? query.text(0) : "";
}

std::size_t count(Connection& connection) {
  Query query = connection.query("SELECT COUNT(*) FROM column_chunks WHERE place >= 0");
  return query.step() ? static_cast<std::size_t>(query.integer(0)) : 0;
}

}  // namespace

LoadedChunks load_chunks(Connection& connection) {
  auto store = std::make_shared<ColumnStore>();
  const auto form = ChunkCodec::unpack_shared(*store, shared_part(connection));
  if (!form) return {};
  ChunkLoading loading(connection, *store);
  if (!loading.run(count(connection))) return {};
  auto chunks = loading.take();
  bool is_older = *form != columns::kForm;
  for (const ChunkCodec::Unpacked& chunk : chunks) is_older |= chunk.form != columns::kForm;
  if (!ChunkCodec::adopt(*store, std::move(chunks))) return {};
  return {std::move(store), is_older};
}

}  // namespace comfytrace::history::sqlite

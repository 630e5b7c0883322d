#include "history/sqlite/rid_blocks.h"

#include <sqlite3.h>

#include "history/sqlite/bytes.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr const char* kDamaged = "a list of runs in an index cannot be read";

std::string_view blob_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))) : std::string_view();
}

// Hands over one after the other until `each` returns false. False: damaged.
template <class Each>
bool walk(std::int64_t first, std::string_view others, const Each& each) {
  if (!each(first)) return true;
  ByteReader in(others);
  for (std::int64_t rid = first; in.left() > 0;) {
    rid = wrapping_add(rid, static_cast<std::int64_t>(in.u64()));
    if (in.failed()) return false;
    if (!each(rid)) return true;
  }
  return true;
}

void block_has(sqlite3_context* context, int, sqlite3_value** values) {
  const std::int64_t sought = sqlite3_value_int64(values[2]);
  bool has = false;
  const bool read = walk(sqlite3_value_int64(values[0]), blob_of(values[1]), [&](std::int64_t rid) {
    has = rid == sought;
    return rid < sought;
  });
  if (!read) return sqlite3_result_error(context, kDamaged, -1);
  sqlite3_result_int(context, has ? 1 : 0);
}

void block_rids(sqlite3_context* context, int, sqlite3_value** values) {
  std::string json = "[";
  const bool read = walk(sqlite3_value_int64(values[0]), blob_of(values[1]), [&](std::int64_t rid) {
    if (json.size() > 1) json += ',';
    json += std::to_string(rid);
    return true;
  });
  if (!read) return sqlite3_result_error(context, kDamaged, -1);
  json += ']';
  sqlite3_result_text(context, json.data(), static_cast<int>(json.size()), SQLITE_TRANSIENT);
}

}  // namespace

std::string others_of_block(std::span<const std::int64_t> rids) {
  ByteWriter out;
  for (std::size_t i = 1; i < rids.size(); ++i) out.u64(static_cast<std::uint64_t>(rids[i] - rids[i - 1]));
  return out.take();
}

std::int64_t last_of_block(std::int64_t first, std::string_view others) {
  std::int64_t last = first;
  const bool read = walk(first, others, [&](std::int64_t rid) {
    last = rid;
    return true;
  });
  if (!read) throw Damaged{kDamaged};
  return last;
}

std::vector<std::int64_t> rids_of_block(std::int64_t first, std::string_view others) {
  std::vector<std::int64_t> rids;
  const bool read = walk(first, others, [&](std::int64_t rid) {
    rids.push_back(rid);
    return true;
  });
  if (!read) throw Damaged{kDamaged};
  return rids;
}

RidBlockFunctions::RidBlockFunctions(Connection& connection) {
  sqlite3* database = connection.database().getHandle();
  const auto add = [&](const char* name, int arguments, void (*function)(sqlite3_context*, int, sqlite3_value**)) {
    const int code = sqlite3_create_function_v2(database, name, arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
                                                function, nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) throw SQLite::Exception(database, code);
  };
  add("block_has", 3, &block_has);
  add("block_rids", 2, &block_rids);
}

}  // namespace comfytrace::history::sqlite

#include "history/sqlite/dictionary.h"

#include <sqlite3.h>

#include <bit>

#include "history/text_pieces.h"

namespace comfytrace::history::sqlite {
namespace {

constexpr const char* kFindName = "SELECT name_id FROM names WHERE hash = ? AND name = ?";
constexpr std::size_t kCacheBytes = 1u << 20;

// FNV-1a. Only narrows the search: the text itself is compared.
std::int64_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

std::optional<std::int64_t> find(Connection& connection, const char* sql, std::string_view text) {
  Query query = connection.query(sql);
  query.bind(hash_of(text)).bind(text);
  return query.step() ? std::optional(query.integer(0)) : std::nullopt;
}

std::int64_t add(Connection& connection, const char* sql, std::string_view text) {
  connection.query(sql).bind(hash_of(text)).bind(text).run();
  return connection.database().getLastInsertRowid();
}

}  // namespace

// By all of it: prompts of one theme differ in a few letters somewhere.
std::size_t RecentTexts::slot_of(std::string_view text) {
  constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15u;
  std::uint64_t mixed = text.size();
  each_piece(text, [&](std::uint64_t piece) { mixed = (std::rotl(mixed, 23) ^ piece) * kOdd; });
  return static_cast<std::size_t>(mixed >> 32) % kSlots;
}

std::string_view Dictionary::remember(std::int64_t id, std::string_view text) {
  if (cached_bytes_ > kCacheBytes) forget();
  cached_bytes_ += 2 * text.size() + 128;
  names_.emplace(id, text);
  return ids_.emplace(text, id).first->first;
}

std::optional<std::int64_t> Dictionary::find_name(std::string_view text) {
  if (const auto at = ids_.find(text); at != ids_.end()) return at->second;
  const auto id = find(connection_, kFindName, text);
  if (id) remember(*id, text);
  return id;
}

std::optional<std::int64_t> Dictionary::find_prompt(std::string_view text) {
  return find(connection_, "SELECT prompt_id FROM prompts WHERE hash = ? AND prompt = ?", text);
}

std::int64_t Dictionary::name_id(std::string_view text) {
  if (const auto recent = recent_.find(text)) return *recent;
  auto at = ids_.find(text);
  if (at == ids_.end()) {
    const auto known = find(connection_, kFindName, text);
    const std::int64_t id = known ? *known : add(connection_, "INSERT INTO names(hash, name) VALUES (?, ?)", text);
    at = ids_.find(remember(id, text));
  }
  recent_.put(at->first, at->second);
  return at->second;
}

std::int64_t Dictionary::prompt_id(std::string_view text) {
  if (const auto recent = recent_prompts_.find(text)) return *recent;
  if (const auto at = prompt_ids_.find(text); at != prompt_ids_.end()) {
    recent_prompts_.put(at->first, at->second);
    return at->second;
  }
  const auto known = find_prompt(text);
  const std::int64_t id = known ? *known : add(connection_, "INSERT INTO prompts(hash, prompt) VALUES (?, ?)", text);
  if (prompt_bytes_ > kCacheBytes) forget_prompts();
  prompt_bytes_ += text.size() + 64;
  prompt_ids_.emplace(text, id);
  return id;
}

std::optional<std::string> Dictionary::name(std::int64_t id) {
  if (const auto at = names_.find(id); at != names_.end()) return at->second;
  Query query = connection_.query("SELECT name FROM names WHERE name_id = ?");
  query.bind(id);
  if (!query.step()) return std::nullopt;
  std::string text = query.text(0);
  remember(id, text);
  return text;
}

std::optional<std::string> Dictionary::prompt(std::int64_t id) {
  Query query = connection_.query("SELECT prompt FROM prompts WHERE prompt_id = ?");
  query.bind(id);
  return query.step() ? std::optional(query.text(0)) : std::nullopt;
}

}  // namespace comfytrace::history::sqlite

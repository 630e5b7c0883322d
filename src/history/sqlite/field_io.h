#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/sqlite/bytes.h"
#include "history/sqlite/known_texts.h"
#include "history/sqlite/run_codec.h"

// FieldWriter and FieldReader have the same members: one list of fields (run_fields.h) serves both directions.
namespace comfytrace::history::sqlite {

// Text that varies from run to run would only swell the dictionary.
[[nodiscard]] inline bool worth_sharing(std::string_view text) {
  return text.size() >= 3 && text.size() <= 200 &&
         std::ranges::none_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// A canonical lower-case UUID as its 16 bytes.
[[nodiscard]] std::optional<std::array<char, 16>> uuid_bytes(std::string_view text);
[[nodiscard]] std::string uuid_text(std::string_view bytes);

// What is written must stay as long as this.
class FieldWriter {
 public:
  static constexpr bool kWriting = true;
  FieldWriter(const model::Run& run, SharedTexts& texts)
      : texts_(texts), run_id_(run.run_id), last_time_(run.created_at_ms) {}

  ByteWriter& bytes() { return bytes_; }
  [[nodiscard]] std::size_t plain_text_bytes() const { return plain_text_bytes_; }

  void boolean(bool value) { bytes_.byte(value ? 1 : 0); }
  void integer(std::int64_t value) { bytes_.i64(value); }
  void integer(const std::optional<std::int64_t>& value) { near(value, 0); }
  // Short when `value` is close to `guess`, which must be known when reading.
  void near(const std::optional<std::int64_t>& value, std::optional<std::int64_t> guess) {
    if (!value) return bytes_.u64(0);
    const std::uint64_t coded = zigzag(wrapping_sub(*value, guess.value_or(0)));
    if (coded <= std::numeric_limits<std::uint64_t>::max() - 2) return bytes_.u64(coded + 2);
    bytes_.u64(1);
    bytes_.fixed64(coded);
  }
  void time(const std::optional<std::int64_t>& value) {
    near(value, last_time_);
    if (value) last_time_ = *value;
  }
  void time(std::int64_t value) {
    bytes_.i64(wrapping_sub(value, last_time_));
    last_time_ = value;
  }
  void number(const std::optional<double>& value);
  template <class E>
  void word(E value) {
    bytes_.byte(static_cast<std::uint8_t>(value));
  }
  template <class E>
  void word(const std::optional<E>& value) {
    bytes_.byte(value ? static_cast<std::uint8_t>(static_cast<int>(*value) + 1) : std::uint8_t{0});
  }
  // Text that seldom comes twice.
  void text(const std::string& value) {
    plain_text_bytes_ += value.size();
    bytes_.text(value);
  }
  void text(const std::optional<std::string>& value) {
    bytes_.u64(value ? value->size() + 1 : 0);
    if (value) bytes_.raw(*value);
    if (value) plain_text_bytes_ += value->size();
  }
  // Text that is mostly the one before with another number in it: their common beginning and end are left out.
  void text_like(const std::string& value, const std::string& before);
  // A size of memory: mostly many whole units of 64 KiB.
  void memory(const std::optional<std::int64_t>& value, std::optional<std::int64_t> guess = 0);
  // Text that many runs share: names of models, classes, files of settings.
  void name(const std::string& value) {
    const bool shared = is_shared(value);
    bytes_.u64(shared ? names_.number_of(value, texts_) : 0);
    if (!shared) text(value);
  }
  void name(const std::optional<std::string>& value) {
    boolean(value.has_value());
    if (value) name(*value);
  }
  // One that need not stay.
  void passing_name(const std::string& value) {
    const bool shared = is_shared(value);
    bytes_.u64(shared ? static_cast<std::uint64_t>(texts_.name_id(value)) : 0);
    if (!shared) text(value);
  }
  // A sentence: shared if it has no numbers in it.
  void sentence(const std::string& value) {
    const bool shared = !value.empty() && (sentences_.has(value) || worth_sharing(value));
    bytes_.u64(shared ? sentences_.number_of(value, texts_) : 0);
    if (!shared) text(value);
  }
  void prompt(const std::optional<std::string>& value) {
    if (!value) return bytes_.u64(0);
    const bool shared = value->size() >= kSharedPromptBytes;
    bytes_.u64(shared ? static_cast<std::uint64_t>(texts_.prompt_id(*value)) + 1 : 1);
    if (!shared) text(*value);
  }
  void id(const std::string& value);
  void seed(const std::optional<std::string>& value);
  template <class T, class Each>
  void list(const std::vector<T>& items, const Each& each) {
    bytes_.u64(items.size());
    for (const T& item : items) each(item);
  }
  template <class T, class Each>
  void maybe(const std::optional<T>& item, const Each& each) {
    boolean(item.has_value());
    if (item) each(*item);
  }

 private:
  static bool is_shared(const std::string& name) { return !name.empty() && name.size() <= 400; }
  ByteWriter bytes_;
  SharedTexts& texts_;
  KnownTexts names_;
  KnownTexts sentences_;
  std::string_view run_id_;
  std::string_view last_id_;
  std::int64_t last_time_;
  std::size_t plain_text_bytes_ = 0;
};

class FieldReader {
 public:
  static constexpr bool kWriting = false;
  FieldReader(std::string_view bytes, const model::Run& run, SharedTexts& texts)
      : bytes_(bytes), texts_(texts), run_id_(run.run_id), last_time_(run.created_at_ms) {}

  ByteReader& bytes() { return bytes_; }

  void boolean(bool& value) { value = bytes_.byte() != 0; }
  void integer(std::int64_t& value) { value = bytes_.i64(); }
  void integer(std::optional<std::int64_t>& value) { near(value, 0); }
  void near(std::optional<std::int64_t>& value, std::optional<std::int64_t> guess) {
    const std::uint64_t coded = bytes_.u64();
    value.reset();
    if (coded == 0) return;
    value = wrapping_add(unzigzag(coded == 1 ? bytes_.fixed64() : coded - 2), guess.value_or(0));
  }
  void time(std::optional<std::int64_t>& value) {
    near(value, last_time_);
    if (value) last_time_ = *value;
  }
  void time(std::int64_t& value) { value = last_time_ = wrapping_add(bytes_.i64(), last_time_); }
  void number(std::optional<double>& value);
  template <class E>
  void word(E& value) {
    value = static_cast<E>(bytes_.byte());
  }
  template <class E>
  void word(std::optional<E>& value) {
    const std::uint8_t coded = bytes_.byte();
    value = coded == 0 ? std::nullopt : std::optional(static_cast<E>(coded - 1));
  }
  void text(std::string& value) { value = bytes_.text(); }
  void text_like(std::string& value, const std::string& before);
  void memory(std::optional<std::int64_t>& value, std::optional<std::int64_t> guess = 0);
  void text(std::optional<std::string>& value) {
    const std::uint64_t coded = bytes_.u64();
    value.reset();
    if (coded > 0) value = std::string(bytes_.raw(static_cast<std::size_t>(coded - 1)));
  }
  void name(std::string& value) {
    const std::uint64_t id = bytes_.u64();
    if (id == 0) return text(value);
    auto found = texts_.name(static_cast<std::int64_t>(id));
    if (found) {
      value = std::move(*found);
    } else {
      bytes_.fail();
    }
  }
  void name(std::optional<std::string>& value) {
    value.reset();
    if (bytes_.byte() != 0) name(value.emplace());
  }
  void sentence(std::string& value) { name(value); }
  void prompt(std::optional<std::string>& value) {
    const std::uint64_t coded = bytes_.u64();
    value.reset();
    if (coded == 0) return;
    if (coded == 1) return text(value.emplace());
    value = texts_.prompt(static_cast<std::int64_t>(coded - 1));
    if (!value) bytes_.fail();
  }
  void id(std::string& value);
  void seed(std::optional<std::string>& value);
  template <class T, class Each>
  void list(std::vector<T>& items, const Each& each) {
    const std::size_t count = bytes_.count();
    items.clear();
    for (std::size_t i = 0; i < count && !bytes_.failed(); ++i) each(items.emplace_back());
  }
  template <class T, class Each>
  void maybe(std::optional<T>& item, const Each& each) {
    item.reset();
    if (bytes_.byte() != 0) each(item.emplace());
  }

 private:
  friend class FieldSkipper;
  ByteReader bytes_;
  SharedTexts& texts_;
  std::string run_id_;
  std::string last_id_;
  std::int64_t last_time_;
};

}  // namespace comfytrace::history::sqlite

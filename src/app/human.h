#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/words.h"

// Values as people read them in a terminal.
namespace comfytrace::app {

// "8.3 s", "48 s", "5m 57s", "1h 03m"; "-" if not known.
[[nodiscard]] std::string human_duration(std::optional<std::int64_t> duration_ms);
// "23.4 GiB", "811 MiB"; "-" if not known.
[[nodiscard]] std::string human_bytes(std::optional<std::int64_t> bytes);
// Local time, "2026-11-23 21:04:07"; "-" if not known.
[[nodiscard]] std::string human_time(std::optional<std::int64_t> at_ms);
// Local time's offset from UTC, now.
[[nodiscard]] std::int64_t local_utc_offset_ms();
// "12 s ago", "3 h ago", "5 days ago".
[[nodiscard]] std::string human_ago(std::int64_t at_ms, std::int64_t now_ms);

// Columns in the terminal's width. Cells are made printable; widths count code points.
class Table {
 public:
  explicit Table(std::vector<std::string> header) : header_(std::move(header)) {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::string text(std::size_t width) const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;
};

enum class Tone { plain, good, warning, bad, quiet, strong };
// The tone of a status word.
[[nodiscard]] Tone status_tone(model::Status status);
// A sentence that may hold text from a graph: made printable, then in that tone.
[[nodiscard]] std::string said(std::string_view sentence, Tone tone = Tone::plain);
// `text` in that tone, if standard output is a terminal and NO_COLOR is not set.
[[nodiscard]] std::string toned(std::string_view text, Tone tone);
[[nodiscard]] bool is_terminal();
[[nodiscard]] std::size_t terminal_width();

}  // namespace comfytrace::app

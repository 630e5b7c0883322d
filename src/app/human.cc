#include "app/human.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include <fmt/format.h>

#include "base/text.h"

namespace comfytrace::app {
namespace {

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string cut(const std::string& text, std::size_t width) {
  if (code_points(text) <= width) return text;
  std::size_t end = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    if ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) continue;
    if (++count == width) break;
  }
  return text.substr(0, end) + "…";
}

}  // namespace

std::string human_duration(std::optional<std::int64_t> duration_ms) {
  if (!duration_ms) return "-";
  const std::int64_t ms = *duration_ms;
  if (ms < 1'000) return fmt::format("{} ms", ms);
  if (ms < 9'950) return fmt::format("{:.1f} s", static_cast<double>(ms) / 1000);
  const std::int64_t seconds = (ms + 500) / 1000;
  if (seconds < 60) return fmt::format("{} s", seconds);
  if (seconds < 3600) return fmt::format("{}m {:02}s", seconds / 60, seconds % 60);
  return fmt::format("{}h {:02}m", seconds / 3600, seconds % 3600 / 60);
}

std::string human_bytes(std::optional<std::int64_t> bytes) {
  if (!bytes) return "-";
  const double value = static_cast<double>(*bytes);
  if (value < 1024) return fmt::format("{} B", *bytes);
  if (value < 1024.0 * 1024) return fmt::format("{:.0f} KiB", value / 1024);
  if (value < 1024.0 * 1024 * 1024) return fmt::format("{:.0f} MiB", value / (1024.0 * 1024));
  return fmt::format("{:.1f} GiB", value / (1024.0 * 1024 * 1024));
}

std::string human_time(std::optional<std::int64_t> at_ms) {
  if (!at_ms) return "-";
  const std::time_t seconds = static_cast<std::time_t>(*at_ms / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  char buffer[32];
  std::strftime(buffer, sizeof buffer, "%Y-%m-%d %H:%M:%S", &local);
  return buffer;
}

std::string human_ago(std::int64_t at_ms, std::int64_t now_ms) {
  const std::int64_t seconds = std::max<std::int64_t>(0, now_ms - at_ms) / 1000;
  if (seconds < 60) return fmt::format("{} s ago", seconds);
  if (seconds < 3600) return fmt::format("{} min ago", seconds / 60);
  if (seconds < 2 * 86400) return fmt::format("{} h ago", seconds / 3600);
  return fmt::format("{} days ago", seconds / 86400);
}

std::string Table::text(std::size_t width) const {
  std::vector<std::size_t> widths(header_.size());
  const auto measure = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < widths.size() && i < row.size(); ++i) {
      widths[i] = std::max(widths[i], code_points(base::printable(row[i])));
    }
  };
  measure(header_);
  for (const auto& row : rows_) measure(row);
  std::size_t total = 2 * (widths.size() - 1);
  for (const std::size_t w : widths) total += w;
  // What is too much is taken from the widest column, usually a title.
  while (total > width) {
    const auto widest = std::ranges::max_element(widths);
    if (*widest <= 12) break;
    --*widest;
    --total;
  }
  std::string out;
  const auto write = [&](const std::vector<std::string>& row, Tone tone) {
    std::string line;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = cut(base::printable(i < row.size() ? row[i] : ""), widths[i]);
      line += cell;
      if (i + 1 < widths.size()) line += std::string(widths[i] - code_points(cell) + 2, ' ');
    }
    while (line.ends_with(' ')) line.pop_back();
    out += toned(line, tone) + "\n";
  };
  write(header_, Tone::quiet);
  for (const auto& row : rows_) write(row, Tone::plain);
  return out;
}

Tone status_tone(model::Status status) {
  switch (status) {
    case model::Status::success:
      return Tone::good;
    case model::Status::failed:
      return Tone::bad;
    case model::Status::timeout:
    case model::Status::partial:
      return Tone::warning;
    default:
      return Tone::plain;
  }
}

bool is_terminal() {
  return ::isatty(STDOUT_FILENO) == 1;
}

std::size_t terminal_width() {
  winsize size{};
  if (is_terminal() && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 160;
}

std::string said(std::string_view sentence, Tone tone) {
  return toned(base::printable(sentence), tone);
}

std::int64_t local_utc_offset_ms() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return static_cast<std::int64_t>(local.tm_gmtoff) * 1'000;
}

std::string toned(std::string_view text, Tone tone) {
  static const bool coloured = is_terminal() && std::getenv("NO_COLOR") == nullptr;
  if (!coloured || tone == Tone::plain || text.empty()) return std::string(text);
  const char* code = "";
  switch (tone) {
    case Tone::plain:
      break;
    case Tone::good:
      code = "32";
      break;
    case Tone::warning:
      code = "33";
      break;
    case Tone::bad:
      code = "31";
      break;
    case Tone::quiet:
      code = "2";
      break;
    case Tone::strong:
      code = "1";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace comfytrace::app

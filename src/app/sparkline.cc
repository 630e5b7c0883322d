#include "app/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace comfytrace::app {
namespace {

constexpr std::array<std::string_view, 8> kHeights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kEighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};

std::vector<std::optional<double>> narrowed(const std::vector<std::optional<double>>& values, std::size_t width) {
  if (values.size() <= width) return values;
  std::vector<std::optional<double>> columns;
  for (std::size_t column = 0; column < width; ++column) {
    double sum = 0;
    std::size_t n = 0;
    for (std::size_t i = column * values.size() / width; i < (column + 1) * values.size() / width; ++i) {
      if (!values[i]) continue;
      sum += *values[i];
      ++n;
    }
    columns.push_back(n > 0 ? std::optional(sum / static_cast<double>(n)) : std::nullopt);
  }
  return columns;
}

}  // namespace

std::string sparkline(const std::vector<std::optional<double>>& values, std::size_t width) {
  const auto columns = narrowed(values, std::max<std::size_t>(width, 1));
  std::optional<double> least;
  std::optional<double> largest;
  for (const auto& value : columns) {
    if (!value) continue;
    least = std::min(least.value_or(*value), *value);
    largest = std::max(largest.value_or(*value), *value);
  }
  std::string line;
  for (const auto& value : columns) {
    if (!value) {
      line += ' ';
      continue;
    }
    const double share = *largest > *least ? (*value - *least) / (*largest - *least) : 0.5;
    line += kHeights[static_cast<std::size_t>(std::lround(share * (kHeights.size() - 1)))];
  }
  return line;
}

std::string bar(double share, std::size_t width) {
  const auto eighths =
      static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * static_cast<double>(width * kEighths.size())));
  std::string text;
  for (std::size_t i = 0; i < eighths / kEighths.size(); ++i) text += "█";
  return text + std::string(kEighths[eighths % kEighths.size()]);
}

}  // namespace comfytrace::app

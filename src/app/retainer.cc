#include "app/retainer.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>

namespace comfytrace::app {
namespace {

constexpr std::int64_t kDay_ms = 86'400'000;

}  // namespace

void Retainer::start() {
  if (!retention_.days && !retention_.max_bytes) return;
  history::PruneRule rule;
  if (retention_.days) rule.older_than_ms = std::max<std::int64_t>(clock_.now_ms() - *retention_.days * kDay_ms, 0);
  rule.max_bytes = retention_.max_bytes;
  writer_.prune(rule, [](const base::Result<history::PruneReport>& report) {
    if (!report) {
      spdlog::warn("retention: {}", report.error().sentence());
    } else if (report->runs > 0) {
      spdlog::info("retention removed {} runs, about {} bytes", report->runs, report->bytes);
    }
  });
  timer_.expires_after(std::chrono::milliseconds(kDay_ms));
  timer_.async_wait([this](const net::error_code& problem) {
    if (!problem) start();
  });
}

}  // namespace comfytrace::app

#pragma once

#include <unistd.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/uuid.h"
#include "model/run.h"
#include "model/worker.h"

// Runs for tests and benchmarks: made from a seed, always the same for the same seed.
namespace comfytrace::history {

// A folder that goes with the test.
class TestFolder {
 public:
  TestFolder() {
    path_ = std::filesystem::temp_directory_path() / ("comfytrace-" + base::random_uuid());
    std::filesystem::create_directories(path_);
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Fills every kind of field now and then, with odd values among them.
class RandomRuns {
 public:
  explicit RandomRuns(std::uint32_t seed) : random_(seed) {}
  [[nodiscard]] model::Run run(std::string run_id);
  [[nodiscard]] std::vector<model::DeviceSample> samples(std::size_t count);
  // 0 .. below - 1
  [[nodiscard]] std::int64_t pick(std::int64_t below) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
  }
  [[nodiscard]] bool chance(int percent) { return pick(100) < percent; }
  template <class T>
  [[nodiscard]] const T& one_of(const std::vector<T>& items) {
    return items[static_cast<std::size_t>(pick(static_cast<std::int64_t>(items.size())))];
  }

 private:
  model::Attempt attempt(std::int64_t at_ms);
  model::Parameters parameters();
  std::mt19937 random_;
};

// What a person's runs look like: `scenes` scenes of 12 nodes of one graph, ended well. The same number gives the
// same run.
[[nodiscard]] model::Run typical_run(std::uint64_t number, int scenes = 4);
// Two readings a second of one card.
[[nodiscard]] std::vector<model::DeviceSample> typical_samples(std::uint64_t number, std::size_t count);

// The smallest run that makes sense.
[[nodiscard]] model::Run simple_run(const std::string& run_id, std::int64_t created_at_ms,
                                    model::Status status = model::Status::success);

}  // namespace comfytrace::history

// How fast histories are made up and written, one JSON object a line. generate_bench [runs to write]

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>

#include "base/uuid.h"
#include "generate/generator.h"
#include "history/sqlite/sqlite_history.h"

namespace {

using namespace comfytrace;

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Of this process: what others do on the machine does not count.
double cpu_seconds(const std::function<void()>& work) {
  const std::clock_t start = std::clock();
  work();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

void report(const char* name, double value, const char* note) {
  std::printf(R"({"bench":"generate","name":"%s","value":%.4g,"unit":"runs/s","note":"%s"})"
              "\n",
              name, value, note);
  std::fflush(stdout);
}

void must(const base::Result<void>& done) {
  if (done) return;
  std::fprintf(stderr, "%s\n", done.error().sentence().c_str());
  std::exit(1);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t to_write = argc > 1 ? std::atoll(argv[1]) : 50'000;
  constexpr std::int64_t kRuns = 200'000;
  const auto count = [](const auto& next) {
    std::int64_t runs = 0;
    while (next()) ++runs;
    return static_cast<double>(runs);
  };
  for (const bool of_four : {false, true}) {
    generate::Options options{.seed = 1, .runs = kRuns, .workers = 12};
    if (of_four) options.scenes = 4;
    generate::Generator runs(options);
    double made = 0;
    double took = cpu_seconds([&] { made = count([&] { return runs.next().has_value(); }); });
    report(of_four ? "runs of 4 scenes" : "runs", made / took, "in memory, by CPU time");
    generate::Generator facts(options);
    took = cpu_seconds([&] { made = count([&] { return facts.next_facts().has_value(); }); });
    report(of_four ? "facts of 4 scenes" : "facts", made / took, "without the runs, by CPU time");
  }
  const auto folder = std::filesystem::temp_directory_path() / ("comfytrace-" + base::random_uuid());
  std::filesystem::create_directories(folder);
  {
    auto history = history::SqliteHistory::open(folder / "made.db");
    if (!history) must(history.error());
    generate::Options options{.seed = 1, .runs = to_write, .workers = 12};
    options.scenes = 4;
    generate::Generator runs(options);
    std::vector<model::Run> batch;
    const double took = seconds([&] {
      while (auto run = runs.next()) {
        batch.push_back(std::move(*run));
        if (batch.size() < 2000) continue;
        must((*history)->save(batch));
        batch.clear();
      }
      must((*history)->save(batch));
    });
    report("written, 4 scenes", static_cast<double>(to_write) / took, "2000 a commit, making them included");
  }
  std::filesystem::remove_all(folder);
}

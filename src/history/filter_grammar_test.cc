#include "history/filter_grammar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/codec.h"
#include "history/sample_runs.h"

namespace comfytrace::history {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kNowMs = 1'763'805'600'000;
constexpr std::int64_t kDayMs = 86'400'000;

base::Result<WrittenFilter> parse(std::vector<KeyValue> pairs) {
  return parse_filter(std::span<const KeyValue>(pairs));
}

TEST(FilterGrammar, ReadsEveryParameter) {
  const auto written = parse({{"from", "-1d"},
                              {"to", "now"},
                              {"status", "timeout,failed"},
                              {"exitReason", "outOfMemory"},
                              {"worker", "127.0.0.1:8188,w2"},
                              {"gpu", "NVIDIA GeForce RTX 4090"},
                              {"workflow", "Flux portrait,abc"},
                              {"model", "sd.safetensors"},
                              {"durationMinMs", "90s"},
                              {"durationMaxMs", "2m"},
                              {"attemptsMin", "1"},
                              {"attemptsMax", "3"},
                              {"vramPeakMinBytes", "8GiB"},
                              {"vramPeakMaxBytes", "9000000000"},
                              {"tag", "keep"},
                              {"story", "Story 1"},
                              {"text", "red fox"},
                              {"regex", "fox|hen"},
                              {"archived", "false"}});
  ASSERT_TRUE(written) << written.error().sentence();
  const auto at = written->at(kNowMs);
  ASSERT_TRUE(at);
  RunFilter wanted;
  wanted.from_ms = kNowMs - kDayMs;
  wanted.to_ms = kNowMs;
  wanted.statuses = {model::Status::failed, model::Status::timeout};
  wanted.exit_reasons = {model::ExitReason::outOfMemory};
  wanted.worker_ids = {"127.0.0.1:8188", "w2"};
  wanted.gpus = {"NVIDIA GeForce RTX 4090"};
  wanted.workflows = {"Flux portrait", "abc"};
  wanted.models = {"sd.safetensors"};
  wanted.duration_min_ms = 90'000;
  wanted.duration_max_ms = 120'000;
  wanted.attempts_min = 1;
  wanted.attempts_max = 3;
  wanted.vram_peak_min_bytes = 8ll << 30;
  wanted.vram_peak_max_bytes = 9'000'000'000;
  wanted.tags = {"keep"};
  wanted.story = "Story 1";
  wanted.text = "red fox";
  wanted.regex = "fox|hen";
  wanted.archived = false;
  EXPECT_EQ(*at, wanted) << base::encode_json(*at);
  EXPECT_EQ(filter_keys().size(), 19u);
  for (const auto& key : filter_keys()) EXPECT_TRUE(is_filter_key(key.name));
}

TEST(FilterGrammar, NamesTheFieldAndTheMendOfWhatIsWrong) {
  for (const auto& [key, value] : std::vector<KeyValue>{{"status", "sucess"},
                                                        {"status", ""},
                                                        {"status", ","},
                                                        {"exitReason", "boredom"},
                                                        {"from", "soon"},
                                                        {"to", ""},
                                                        {"archived", "yes"},
                                                        {"text", "  "},
                                                        {"worker", ""},
                                                        {"colour", "red"},
                                                        {"durationMinMs", "soon"},
                                                        {"durationMaxMs", "-5"},
                                                        {"attemptsMin", "1.5"},
                                                        {"attemptsMax", "many"},
                                                        {"regex", "("},
                                                        {"regex", ""},
                                                        {"vramPeakMinBytes", "8G"},
                                                        {"gpu", ""},
                                                        {"limit", "5"},
                                                        {"text", "\xff"},
                                                        {"vramPeakMaxBytes", "99999999999999999999"}}) {
    const auto filter = parse({{key, value}});
    ASSERT_FALSE(filter) << key << "=" << value;
    EXPECT_EQ(filter.error().code, base::ErrorCode::invalid);
    EXPECT_EQ(filter.error().field, key);
    EXPECT_FALSE(filter.error().mend.empty()) << key << "=" << value;
  }
  EXPECT_THAT(parse({{"status", "sucess"}}).error().message, HasSubstr("\"sucess\""));
  EXPECT_THAT(parse({{"status", "sucess"}}).error().mend, HasSubstr("success"));
  EXPECT_THAT(parse({{"colour", "red"}}).error().mend, HasSubstr("vramPeakMaxBytes"));
  EXPECT_THAT(parse({{"regex", "a)"}}).error().message, HasSubstr("a)"));
}

TEST(FilterGrammar, RefusesRepetitionReversalAndExcess) {
  EXPECT_EQ(parse({{"status", "failed"}, {"status", "success"}}).error().field, "status");
  EXPECT_EQ(parse({{"from", "now"}, {"to", "-1d"}}).error().field, "from");
  EXPECT_EQ(parse({{"from", "2"}, {"to", "1"}}).error().field, "from");
  EXPECT_EQ(parse({{"durationMinMs", "2m"}, {"durationMaxMs", "90s"}}).error().field, "durationMinMs");
  EXPECT_EQ(parse({{"attemptsMax", "1"}, {"attemptsMin", "2"}}).error().field, "attemptsMin");
  EXPECT_EQ(parse({{"vramPeakMinBytes", "1GiB"}, {"vramPeakMaxBytes", "1GB"}}).error().field, "vramPeakMinBytes");
  EXPECT_TRUE(parse({{"attemptsMax", "2"}, {"attemptsMin", "2"}}));
  EXPECT_EQ(parse({{"text", std::string(5000, 'x')}}).error().field, "text");
  EXPECT_EQ(parse({{"text", std::string("a\0b", 3)}}).error().field, "text");
  std::string many = "0";
  for (int i = 1; i <= 200; ++i) many += "," + std::to_string(i);
  EXPECT_EQ(parse({{"worker", many}}).error().field, "worker");
  EXPECT_FALSE(parse_filter("text=%zz"));
}

TEST(FilterGrammar, TellsAnImpossibleTimeOnceNowIsKnown) {
  const auto written = parse({{"from", "-1d"}, {"to", std::to_string(kNowMs - 2 * kDayMs)}});
  ASSERT_TRUE(written);
  const auto at = written->at(kNowMs);
  ASSERT_FALSE(at);
  EXPECT_EQ(at.error().field, "from");
  EXPECT_TRUE(written->at(kNowMs - kDayMs));
}

TEST(FilterGrammar, PrintsOneTextForWhatMeansTheSame) {
  const auto canonical = [](std::string_view query) { return to_query_string(parse_filter(query).value()); };
  EXPECT_EQ(canonical(""), "");
  EXPECT_EQ(canonical("?text=red+fox&status=success,failed,failed"), "status=success,failed&text=red%20fox");
  EXPECT_EQ(canonical("durationMinMs=90s&vramPeakMaxBytes=8GiB"), "durationMinMs=90000&vramPeakMaxBytes=8589934592");
  EXPECT_EQ(canonical("to=now&from=-1w"), "from=-7d&to=now");
  EXPECT_EQ(canonical("from=1970-01-02"), "from=86400000");
  EXPECT_EQ(canonical("model=SDXL%5Cbase.ckpt"), "model=SDXL%5Cbase.ckpt");
}

TEST(FilterGrammar, TakesCommasWithinAnItemBehindABackslash) {
  EXPECT_THAT(parse({{"workflow", R"(a\,b,c)"}})->filter.workflows, ElementsAre("a,b", "c"));
  EXPECT_THAT(parse({{"model", R"(SDXL\base,x\\,y)"}})->filter.models, ElementsAre(R"(SDXL\base)", R"(x\)", "y"));
}

std::string odd_text(RandomRuns& random) {
  static const std::vector<std::string> kParts{"a", "é", ",", "\\", "%", "&", "=", "+", " ", "猫", "#", "?", "\n", "x"};
  std::string text = "t";
  for (std::int64_t i = random.pick(8); i > 0; --i) text += random.one_of(kParts);
  return text;
}

WrittenFilter odd_filter(RandomRuns& random) {
  WrittenFilter written;
  RunFilter& f = written.filter;
  const auto texts = [&](std::vector<std::string>& list) {
    for (std::int64_t i = random.chance(30) ? 1 + random.pick(3) : 0; i > 0; --i) list.push_back(odd_text(random));
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
  };
  const auto range = [&](auto& min, auto& max) {
    if (random.chance(30)) min = random.pick(1000);
    if (random.chance(30)) max = min.value_or(0) + random.pick(1ll << 40);
  };
  range(f.from_ms, f.to_ms);
  if (!f.from_ms && random.chance(30)) written.from_ago_ms = random.pick(100'000) * 60'000;
  if (!f.to_ms && random.chance(30)) written.to_ago_ms = written.from_ago_ms.value_or(random.pick(9) * 60'000);
  if (random.chance(30)) f.statuses = {model::Status::success, model::Status::partial};
  if (random.chance(30)) f.exit_reasons = {static_cast<model::ExitReason>(random.pick(11))};
  for (auto* list : {&f.worker_ids, &f.gpus, &f.workflows, &f.models, &f.tags}) texts(*list);
  range(f.duration_min_ms, f.duration_max_ms);
  range(f.attempts_min, f.attempts_max);
  range(f.vram_peak_min_bytes, f.vram_peak_max_bytes);
  if (random.chance(30)) f.story = odd_text(random);
  if (random.chance(30)) f.text = odd_text(random);
  if (random.chance(30)) f.regex = random.one_of<std::string>({"a+b", "\\bcat,s\\b|[&=]%", "猫 .*\\\\"});
  if (random.chance(30)) f.archived = random.chance(50);
  return written;
}

TEST(FilterGrammar, ReadsBackWhatItPrints) {
  RandomRuns random(7);
  for (int i = 0; i < 3'000; ++i) {
    const WrittenFilter written = odd_filter(random);
    const std::string query = to_query_string(written);
    const auto again = parse_filter(query);
    ASSERT_TRUE(again) << query << ": " << again.error().sentence();
    ASSERT_EQ(*again, written) << query;
    ASSERT_EQ(to_query_string(*again), query);
    for (const char c : query) ASSERT_TRUE(c > ' ' && c < 0x7f) << query;
  }
}

TEST(FilterGrammar, TurnsWorkerNamesIntoIdsAndKeepsWhatItDoesNotKnow) {
  auto filter = parse({{"worker", "gpu box,id-2,nobody"}})->filter;
  std::vector<model::Worker> workers(3);
  workers[0].worker_id = "id-1";
  workers[0].name = "gpu box";
  workers[1].worker_id = "id-2";
  workers[1].name = "other";
  workers[2] = workers[0];
  resolve_workers(filter, workers);
  EXPECT_THAT(filter.worker_ids, ElementsAre("id-1", "id-2", "nobody"));
}

}  // namespace
}  // namespace comfytrace::history

#include "comfyui/workflow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace comfytrace::comfyui {
namespace {

namespace json = base::json;
using ::testing::ElementsAre;

json::value parsed(std::string_view text) {
  auto value = base::parse_json(text);
  EXPECT_TRUE(value.ok()) << text;
  return value ? *value : json::value();
}

json::value graph(const std::string& name) {
  std::ifstream in(std::string(COMFYTRACE_SOURCE_DIR) + "/tests/graphs/" + name + ".json");
  EXPECT_TRUE(in.good()) << name;
  std::stringstream text;
  text << in.rdbuf();
  return parsed(text.str());
}

WorkflowFacts read(const json::value& graph, std::string_view extra_data = "{}") {
  return read_workflow(graph, parsed(extra_data));
}

std::string renumbered_id(std::string_view id) {
  return "n" + std::to_string(std::stoi(std::string(id)) * 7 + 1000);
}

// The same graph with other ids, in the opposite order.
json::value renumbered(const json::value& graph) {
  std::vector<std::pair<std::string, json::value>> nodes;
  for (const auto& [id, node] : graph.get_object()) {
    json::value copy = node;
    for (auto& [key, input] : copy.get_object()["inputs"].get_object()) {
      json::array* pair = input.if_array();
      if (pair) (*pair)[0] = json::string(renumbered_id(std::string_view((*pair)[0].get_string())));
    }
    nodes.insert(nodes.begin(), {renumbered_id(id), std::move(copy)});
  }
  json::object out;
  for (auto& [id, node] : nodes) out.emplace(id, std::move(node));
  return out;
}

TEST(Workflow, ReadsAPictureOfStableDiffusion15) {
  const auto facts = read(graph("sd15_text_to_image"));
  const model::Parameters& p = facts.parameters;
  EXPECT_THAT(p.checkpoints, ElementsAre("sd15/v1-5-pruned-emaonly.safetensors"));
  EXPECT_THAT(p.vaes, ElementsAre("vae-ft-mse-840000-ema-pruned.safetensors"));
  EXPECT_EQ(p.sampler, "euler_ancestral");
  EXPECT_EQ(p.scheduler, "karras");
  EXPECT_EQ(p.steps, 20);
  EXPECT_EQ(p.cfg, 7.5);
  EXPECT_EQ(p.denoise, 1.0);
  EXPECT_EQ(p.width, 512);
  EXPECT_EQ(p.height, 768);
  EXPECT_EQ(p.batch_size, 4);
  EXPECT_EQ(p.frames, std::nullopt);
  EXPECT_EQ(p.fps, std::nullopt);
  EXPECT_EQ(p.seed, "18446744073709551615");
  EXPECT_EQ(p.positive_prompt, "beautiful scenery, galaxy bottle");
  EXPECT_EQ(p.negative_prompt, "text, watermark");
  EXPECT_EQ(facts.work_size, 512 * 768 * 4 * 20);
  EXPECT_EQ(facts.name, "v1-5-pruned-emaonly image");
  ASSERT_EQ(facts.nodes.size(), 12u);
  EXPECT_EQ(facts.nodes[3].node_id, "6");
  EXPECT_EQ(facts.nodes[3].class_type, "CLIPTextEncode");
  EXPECT_EQ(facts.nodes[3].title, "Positive");
}

TEST(Workflow, TakesTheBasePassOfARefinedPictureAndItsLoras) {
  const auto facts = read(graph("sdxl_lora_refiner"));
  const model::Parameters& p = facts.parameters;
  EXPECT_THAT(p.checkpoints, ElementsAre("sd_xl_refiner_1.0.safetensors", "sd_xl_base_1.0.safetensors"));
  ASSERT_EQ(p.loras.size(), 2u);
  EXPECT_EQ(p.loras[0], (model::Lora{"offset_0.2.safetensors", 0.6, 0.5}));
  EXPECT_EQ(p.loras[1], (model::Lora{"detail.safetensors", 0.8, std::nullopt}));
  EXPECT_EQ(p.sampler, "dpmpp_2m_sde");
  EXPECT_EQ(p.scheduler, "normal");
  EXPECT_EQ(p.cfg, 8.0);
  EXPECT_EQ(p.seed, "721897303308196");
  EXPECT_EQ(p.width, 1024);
  EXPECT_EQ(p.positive_prompt, "a castle at dusk\noil painting");
  EXPECT_EQ(p.negative_prompt, "blurry");
  EXPECT_EQ(facts.work_size, 1024 * 1024 * 25);
}

TEST(Workflow, FollowsTheNodesOfACustomSampler) {
  const auto facts = read(graph("flux_dev"));
  const model::Parameters& p = facts.parameters;
  EXPECT_THAT(p.checkpoints, ElementsAre("flux1-dev.safetensors"));
  EXPECT_THAT(p.text_encoders, ElementsAre("t5xxl_fp16.safetensors", "clip_l.safetensors"));
  EXPECT_THAT(p.vaes, ElementsAre("ae.safetensors"));
  ASSERT_EQ(p.loras.size(), 1u);
  EXPECT_EQ(p.loras[0], (model::Lora{"flux/realism.safetensors", 0.9, std::nullopt}));
  EXPECT_EQ(p.sampler, "euler");
  EXPECT_EQ(p.scheduler, "simple");
  EXPECT_EQ(p.steps, 28);
  EXPECT_EQ(p.denoise, 1.0);
  EXPECT_EQ(p.cfg, std::nullopt);
  EXPECT_EQ(p.seed, "219670278747233");
  EXPECT_EQ(p.width, 1280);
  EXPECT_EQ(p.height, 720);
  EXPECT_EQ(p.positive_prompt, "a fox in the snow");
  EXPECT_EQ(p.negative_prompt, std::nullopt);
  EXPECT_EQ(facts.name, "flux1-dev image");
  EXPECT_EQ(facts.work_size, 1280 * 720 * 28);
}

TEST(Workflow, ReadsAVideoMadeOfAPictureInTwoPasses) {
  const auto facts = read(graph("wan22_image_to_video"));
  const model::Parameters& p = facts.parameters;
  EXPECT_THAT(p.checkpoints, ElementsAre("wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
                                         "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors"));
  EXPECT_THAT(p.text_encoders, ElementsAre("umt5_xxl_fp8_e4m3fn_scaled.safetensors"));
  EXPECT_EQ(p.seed, "138073435077572");
  EXPECT_EQ(p.frames, 81);
  EXPECT_EQ(p.fps, 16.0);
  EXPECT_EQ(p.positive_prompt, "the dragon wakes");
  EXPECT_EQ(p.negative_prompt, "static, low quality");
  EXPECT_EQ(facts.work_size, 640ll * 640 * 81 * 20);
  EXPECT_EQ(facts.name, "wan2.2_i2v_high_noise_14B_fp8_scaled video");
}

TEST(Workflow, ReadsStacksOfLorasAndSkipsTheOnesSwitchedOff) {
  const auto facts = read(parsed(R"({
    "1": {"class_type": "LoRA Stacker", "inputs": {"lora_count": 1, "lora_name_1": "a.safetensors", "lora_wt_1": 0.3,
          "lora_name_2": "beyond_the_count.safetensors", "lora_wt_2": 1}},
    "2": {"class_type": "CR LoRA Stack", "inputs": {"switch_1": "Off", "lora_name_1": "off.safetensors",
          "switch_2": "On", "lora_name_2": "b.safetensors", "model_weight_2": 0.5, "clip_weight_2": 0.25,
          "lora_name_3": "None"}}})"));
  ASSERT_EQ(facts.parameters.loras.size(), 2u);
  EXPECT_EQ(facts.parameters.loras[0], (model::Lora{"a.safetensors", 0.3, std::nullopt}));
  EXPECT_EQ(facts.parameters.loras[1], (model::Lora{"b.safetensors", 0.5, 0.25}));
}

TEST(Workflow, PrefersTheVideoOverThePictureItWasMadeOf) {
  const auto facts = read(parsed(R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 9, "model": ["9", 0], "latent_image": ["2", 0]}},
    "2": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "3": {"class_type": "VAEDecode", "inputs": {"samples": ["1", 0]}},
    "4": {"class_type": "WanImageToVideo", "inputs": {"width": 128, "height": 96, "length": 17, "start_image": ["3", 0]}},
    "5": {"class_type": "KSampler", "inputs": {"seed": 2, "steps": 4, "model": ["9", 0], "latent_image": ["4", 2]}},
    "9": {"class_type": "UNETLoader", "inputs": {"unet_name": "x.gguf"}}})"));
  EXPECT_EQ(facts.parameters.seed, "2");
  EXPECT_EQ(facts.work_size, 128 * 96 * 17 * 4);
  EXPECT_EQ(facts.name, "x video");
}

TEST(Workflow, HasNoNegativePromptWhereItIsZeroedOut) {
  const auto facts = read(parsed(R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 9, "model": ["9", 0], "latent_image": ["9", 1],
          "positive": ["2", 0], "negative": ["3", 0]}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a tree"}},
    "3": {"class_type": "ConditioningZeroOut", "inputs": {"conditioning": ["2", 0]}},
    "9": {"class_type": "Loader", "inputs": {}}})"));
  EXPECT_EQ(facts.parameters.positive_prompt, "a tree");
  EXPECT_EQ(facts.parameters.negative_prompt, std::nullopt);
  EXPECT_EQ(facts.work_size, std::nullopt);
  EXPECT_EQ(facts.name, "KSampler");
}

TEST(Workflow, WithoutASamplerTakesTheFirstNodeThatHasAValue) {
  const auto facts = read(parsed(R"({
    "1": {"class_type": "EmptyImage", "inputs": {"width": 96, "height": 64, "batch_size": 2, "color": 0}},
    "2": {"class_type": "ProbeSleep", "inputs": {"seconds": 1.0, "steps": 40, "seed": 130, "text": "t"}},
    "3": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}})"));
  EXPECT_EQ(facts.parameters.width, 96);
  EXPECT_EQ(facts.parameters.batch_size, 2);
  EXPECT_EQ(facts.parameters.steps, 40);
  EXPECT_EQ(facts.parameters.seed, "130");
  EXPECT_EQ(facts.work_size, 96 * 64 * 2 * 40);
  EXPECT_EQ(facts.name, "PreviewImage");
}

TEST(Fingerprint, IsTheSameWhateverTheIdsTheOrderAndTheValues) {
  for (const auto* name : {"sd15_text_to_image", "sdxl_lora_refiner", "flux_dev", "wan22_image_to_video"}) {
    json::value original = graph(name);
    const std::string fingerprint = read(original).fingerprint;
    EXPECT_TRUE(fingerprint.size() == 16 && fingerprint.find_first_not_of("0123456789abcdef") == std::string::npos)
        << fingerprint;
    EXPECT_EQ(read(renumbered(original)).fingerprint, fingerprint) << name;
    for (auto& [id, node] : original.get_object()) {
      for (auto& [key, input] : node.get_object()["inputs"].get_object()) {
        if (!input.is_array()) input = "another value";
      }
    }
    EXPECT_EQ(read(original).fingerprint, fingerprint) << name;
  }
}

// Stored fingerprints must still find their runs under a later version.
TEST(Fingerprint, OfAKnownGraphNeverChanges) {
  EXPECT_EQ(read(graph("sd15_text_to_image")).fingerprint, "e234ac5bf44ddad8");
}

TEST(Fingerprint, ChangesWithEveryLinkAndEveryClass) {
  const json::value original = graph("flux_dev");
  const std::string fingerprint = read(original).fingerprint;
  int changes = 0;
  for (const auto& [id, node] : original.get_object()) {
    json::value other_class = original;
    other_class.get_object()[id].get_object()["class_type"] = "SomethingElse";
    EXPECT_NE(read(other_class).fingerprint, fingerprint) << id;
    for (const auto& [key, input] : *base::find_object(node, "inputs")) {
      if (!input.is_array()) continue;
      json::value other_output = original;
      json::value& link = other_output.get_object()[id].get_object()["inputs"].get_object()[key];
      link.get_array()[1] = 9;
      EXPECT_NE(read(other_output).fingerprint, fingerprint) << id << key;
      json::value unlinked = original;
      unlinked.get_object()[id].get_object()["inputs"].get_object().erase(key);
      EXPECT_NE(read(unlinked).fingerprint, fingerprint) << id << key;
      ++changes;
    }
  }
  EXPECT_EQ(changes, 20);
}

TEST(Fingerprint, TellsOneLoaderUsedTwiceFromTwoLoaders) {
  const auto shared = read(parsed(R"({"1": {"class_type": "L"}, "2": {"class_type": "L"},
      "3": {"class_type": "A", "inputs": {"m": ["1", 0]}}, "4": {"class_type": "B", "inputs": {"m": ["1", 0]}}})"));
  const auto apart = read(parsed(R"({"1": {"class_type": "L"}, "2": {"class_type": "L"},
      "3": {"class_type": "A", "inputs": {"m": ["1", 0]}}, "4": {"class_type": "B", "inputs": {"m": ["2", 0]}}})"));
  EXPECT_NE(shared.fingerprint, apart.fingerprint);
}

TEST(Workflow, IsNamedByItsTitle) {
  const json::value g = graph("flux_dev");
  EXPECT_EQ(read(g, R"({"extra_pnginfo": {"workflow": {"id": "6f2c", "name": "Foxes"}}})").name, "Foxes");
  EXPECT_EQ(read(g, R"({"extra_pnginfo": {"workflow": {"extra": {"info": {"name": "Snow"}}}}})").name, "Snow");
  EXPECT_EQ(read(g, R"({"workflow_name": "Mine", "extra_pnginfo": {"workflow": {"name": "Foxes"}}})").name, "Mine");
  EXPECT_EQ(read(g, R"({"extra_pnginfo": {"workflow": {"name": 5, "title": ""}}})").name, "flux1-dev image");
}

TEST(Grouping, ComesFromExtraDataBeforeItsPngInfo) {
  const auto grouping = read(json::object{}, R"({"run_id": "r1", "tags": "night, rain,,night ",
      "extra_pnginfo": {"run_id": "other", "scene_id": 7, "scene_title": "Harbour", "story_id": "s", "story_title": "S",
                        "tags": ["ignored"]}})")
                            .grouping;
  EXPECT_EQ(grouping.run_id, "r1");
  EXPECT_EQ(grouping.scene_id, "7");
  EXPECT_EQ(grouping.scene_title, "Harbour");
  EXPECT_EQ(grouping.story_id, "s");
  EXPECT_EQ(grouping.story_title, "S");
  EXPECT_THAT(grouping.tags, ElementsAre("night", "rain"));
}

TEST(Grouping, SurvivesPngInfoOfAnyType) {
  EXPECT_EQ(read(json::object{}, R"({"extra_pnginfo": null, "scene_id": "a"})").grouping.scene_id, "a");
  EXPECT_EQ(read(json::object{}, R"({"extra_pnginfo": [], "tags": [1, "b"]})").grouping.tags.size(), 1u);
  EXPECT_EQ(read(json::object{}, R"({"extra_pnginfo": [{"scene_id": "c"}]})").grouping.scene_id, "c");
  EXPECT_EQ(read(json::object{}, R"([1])").grouping.run_id, std::nullopt);
}

TEST(Workflow, EndsOnCyclesOfEveryKind) {
  const auto facts = read(parsed(R"({
    "1": {"class_type": "KSampler", "inputs": {"seed": ["2", 0], "steps": ["1", 0], "model": ["1", 0],
          "latent_image": ["1", 0], "positive": ["3", 0], "negative": ["4", 0], "width": ["2", 0]}},
    "2": {"class_type": "PrimitiveInt", "inputs": {"value": ["2", 0]}},
    "3": {"class_type": "ConditioningCombine", "inputs": {"conditioning_1": ["3", 0], "conditioning_2": ["4", 0]}},
    "4": {"class_type": "StringConcatenate", "inputs": {"string_a": ["4", 0], "string_b": ["4", 0], "text": ["4", 0]}}
  })"));
  EXPECT_EQ(facts.nodes.size(), 4u);
  EXPECT_EQ(facts.parameters.seed, std::nullopt);
  EXPECT_EQ(facts.parameters.positive_prompt, std::nullopt);
}

TEST(Workflow, OfAGraphOverTheBoundKeepsOnlyTheCount) {
  json::object huge;
  for (int i = 0; i <= 50'000; ++i) huge.emplace(std::to_string(i), json::object{{"class_type", "Note"}});
  const auto facts = read(huge, R"({"run_id": "r"})");
  EXPECT_EQ(facts.nodes.size(), 50'001u);
  EXPECT_EQ(facts.fingerprint, "");
  EXPECT_EQ(facts.grouping.run_id, "r");
}

TEST(Workflow, CutsLongTexts) {
  json::object node{{"class_type", "CLIPTextEncode"}, {"inputs", json::object{{"text", std::string(100'000, 'x')}}}};
  const auto facts = read(json::object{{"1", node}});
  ASSERT_TRUE(facts.parameters.positive_prompt.has_value());
  EXPECT_LT(facts.parameters.positive_prompt->size(), 17'000u);
}

TEST(Workflow, OfWhatIsNoGraphIsEmpty) {
  for (const auto* text : {"null", "[]", "{}", "5"}) {
    const auto facts = read(parsed(text));
    EXPECT_TRUE(facts.nodes.empty());
    EXPECT_EQ(facts.fingerprint, "");
    EXPECT_EQ(facts.name, "");
  }
  const auto odd =
      read(parsed(R"({"1": null, "2": {"inputs": []}, "3": {"class_type": 5, "inputs": {"a": [["1"], 0]}}})"));
  EXPECT_EQ(odd.nodes.size(), 3u);
}

}  // namespace
}  // namespace comfytrace::comfyui

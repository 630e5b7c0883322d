#include "generate/catalogue.h"

#include "base/check.h"
#include "base/digest.h"
#include "base/uuid.h"

namespace comfytrace::generate {
namespace {

using model::Parameters;

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::int64_t kGiB = std::int64_t{1} << 30;

// The history only compares fingerprints, so any 16 digits that follow the structure will do.
std::string fingerprint_of(const std::vector<NodePlan>& nodes) {
  std::string text;
  for (const NodePlan& node : nodes) text += node.class_type + "\n";
  return base::to_hex(base::sha256(text).substr(0, 8));
}

Parameters parameters(std::string checkpoint, std::string sampler, std::string scheduler, std::int64_t steps,
                      double cfg) {
  Parameters p;
  p.checkpoints = {std::move(checkpoint)};
  p.sampler = std::move(sampler);
  p.scheduler = std::move(scheduler);
  p.steps = steps;
  p.cfg = cfg;
  p.denoise = 1;
  p.batch_size = 1;
  return p;
}

std::vector<NodePlan> sd15_nodes(std::int64_t steps) {
  return {{"4", "CheckpointLoaderSimple", "", Work::load, 1.6},
          {"6", "CLIPTextEncode", "Positive", Work::encode, 45},
          {"7", "CLIPTextEncode", "Negative", Work::encode, 30},
          {"5", "EmptyLatentImage", "", Work::setup, 1},
          {"3", "KSampler", "", Work::sample, 310, steps},
          {"8", "VAEDecode", "", Work::decode, 420},
          {"9", "SaveImage", "Save", Work::save, 190}};
}

Workflow sd15(const char* name, const char* user, const char* checkpoint, double popularity) {
  Workflow w;
  w.name = name;
  w.user = user;
  w.nodes = sd15_nodes(20);
  w.parameters = parameters(checkpoint, "euler_ancestral", "karras", 20, 7.5);
  w.sizes = {{512, 768}, {512, 512}, {768, 768}};
  w.popularity = popularity;
  w.story_share = 0.1;
  w.model_bytes = 2200 * kMiB;
  w.pixel_bytes = 3200;
  w.changed_model = "sd15/realistic-v6.safetensors";
  return w;
}

Workflow sdxl_refined() {
  Workflow w;
  w.name = "Key visuals";
  w.user = "mara";
  w.nodes = {{"4", "CheckpointLoaderSimple", "Base", Work::load, 5.2},
             {"12", "CheckpointLoaderSimple", "Refiner", Work::load, 4.9},
             {"30", "LoraLoader", "", Work::load, 0.5},
             {"6", "CLIPTextEncodeSDXL", "Positive", Work::encode, 110},
             {"7", "CLIPTextEncode", "Negative", Work::encode, 60},
             {"15", "CLIPTextEncode", "Positive, refiner", Work::encode, 60},
             {"16", "CLIPTextEncode", "Negative, refiner", Work::encode, 55},
             {"5", "EmptyLatentImage", "", Work::setup, 1},
             {"10", "KSamplerAdvanced", "Base", Work::sample, 290, 20},
             {"11", "KSamplerAdvanced", "Refiner", Work::sample, 270, 5},
             {"17", "VAEDecode", "", Work::decode, 610},
             {"19", "SaveImage", "", Work::save, 240}};
  w.parameters = parameters("sd_xl_base_1.0.safetensors", "dpmpp_2m_sde", "normal", 25, 8);
  w.parameters.checkpoints.push_back("sd_xl_refiner_1.0.safetensors");
  w.parameters.loras = {{"offset_0.2.safetensors", 0.6, 0.5}};
  w.sizes = {{1024, 1024}, {1216, 832}, {832, 1216}};
  w.popularity = 0.2;
  w.story_share = 0.35;
  w.model_bytes = 8600 * kMiB;
  w.pixel_bytes = 3000;
  w.changed_model = "juggernautXL_v9.safetensors";
  return w;
}

Workflow sdxl_control() {
  Workflow w;
  w.name = "Product shots";
  w.user = "jonas";
  w.nodes = {{"4", "CheckpointLoaderSimple", "", Work::load, 5.2},
             {"51", "ControlNetLoader", "", Work::load, 2.1},
             {"52", "LoadImage", "", Work::setup, 25},
             {"53", "Canny", "", Work::setup, 40},
             {"6", "CLIPTextEncode", "Positive", Work::encode, 70},
             {"7", "CLIPTextEncode", "Negative", Work::encode, 60},
             {"50", "ControlNetApplyAdvanced", "", Work::encode, 3},
             {"5", "EmptyLatentImage", "", Work::setup, 1},
             {"3", "KSampler", "", Work::sample, 385, 28},
             {"8", "VAEDecode", "", Work::decode, 610},
             {"9", "SaveImage", "", Work::save, 240}};
  w.parameters = parameters("juggernautXL_v9.safetensors", "dpmpp_2m", "karras", 28, 5.5);
  w.sizes = {{1024, 1024}, {896, 1152}};
  w.popularity = 0.12;
  w.story_share = 0.2;
  w.model_bytes = 9400 * kMiB;
  w.pixel_bytes = 3400;
  w.changed_model = "sd_xl_base_1.0.safetensors";
  return w;
}

Workflow flux(const char* name, const char* user, const char* checkpoint, std::int64_t steps, double popularity) {
  Workflow w;
  w.name = name;
  w.user = user;
  w.nodes = {{"12", "UNETLoader", "", Work::load, 11.5},
             {"11", "DualCLIPLoader", "", Work::load, 6.5},
             {"10", "VAELoader", "", Work::load, 0.3},
             {"6", "CLIPTextEncode", "", Work::encode, 340},
             {"26", "FluxGuidance", "", Work::encode, 1},
             {"16", "KSamplerSelect", "", Work::setup, 1},
             {"17", "BasicScheduler", "", Work::setup, 2},
             {"27", "EmptySD3LatentImage", "", Work::setup, 2},
             {"13", "SamplerCustomAdvanced", "", Work::sample, 980, steps},
             {"8", "VAEDecode", "", Work::decode, 640},
             {"9", "SaveImage", "", Work::save, 230}};
  w.parameters = parameters(checkpoint, "euler", "simple", steps, 1);
  w.parameters.vaes = {"ae.safetensors"};
  w.parameters.text_encoders = {"t5xxl_fp16.safetensors", "clip_l.safetensors"};
  w.sizes = {{1280, 720}, {1024, 1024}, {720, 1280}};
  w.popularity = popularity;
  w.story_share = 0.4;
  w.model_bytes = 9800 * kMiB;
  w.pixel_bytes = 2100;
  w.changed_model = "flux1-krea-dev.safetensors";
  return w;
}

Workflow wan() {
  Workflow w;
  w.name = "Image to film";
  w.user = "mara";
  w.nodes = {{"37", "UNETLoader", "High noise", Work::load, 13},
             {"56", "UNETLoader", "Low noise", Work::load, 13},
             {"38", "CLIPLoader", "", Work::load, 5.5},
             {"39", "VAELoader", "", Work::load, 0.4},
             {"52", "LoadImage", "", Work::setup, 25},
             {"6", "CLIPTextEncode", "Positive", Work::encode, 420},
             {"7", "CLIPTextEncode", "Negative", Work::encode, 380},
             {"50", "WanImageToVideo", "", Work::encode, 900},
             {"57", "KSamplerAdvanced", "High noise", Work::sample, 390, 4},
             {"58", "KSamplerAdvanced", "Low noise", Work::sample, 390, 4},
             {"8", "VAEDecode", "", Work::decode, 330},
             {"60", "CreateVideo", "", Work::decode, 0.2},
             {"61", "SaveVideo", "", Work::save, 60}};
  w.parameters = parameters("wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors", "euler", "simple", 8, 1);
  w.parameters.checkpoints.push_back("wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors");
  w.parameters.vaes = {"wan_2.1_vae.safetensors"};
  w.parameters.text_encoders = {"umt5_xxl_fp8_e4m3fn_scaled.safetensors"};
  w.parameters.frames = 81;
  w.parameters.fps = 16;
  w.sizes = {{832, 480}, {640, 640}};
  w.popularity = 0.04;
  w.story_share = 0.6;
  w.model_bytes = 11'500 * kMiB;
  w.pixel_bytes = 60;
  w.kind = model::MediaKind::video;
  w.changed_model = "wan2.1_i2v_480p_14B_fp8.safetensors";
  return w;
}

Workflow upscale() {
  Workflow w;
  w.name = "Upscale 4x";
  w.user = "jonas";
  w.nodes = {{"14", "UpscaleModelLoader", "", Work::load, 0.6},
             {"52", "LoadImage", "", Work::encode, 30},
             {"15", "ImageUpscaleWithModel", "", Work::decode, 5200},
             {"9", "SaveImage", "", Work::save, 2600}};
  w.sizes = {{1024, 1024}, {1216, 832}};
  w.popularity = 0.1;
  w.story_share = 0;
  w.model_bytes = 70 * kMiB;
  w.pixel_bytes = 2600;
  return w;
}

struct Gpu {
  const char* name;
  const char* type;
  std::int64_t vram_bytes;
  const char* pytorch;
  double speed;
  double disk_speed;
  bool tells_nodes;
};

constexpr Gpu kGpus[] = {{"NVIDIA GeForce RTX 3090", "cuda", 24 * kGiB, "2.9.1+cu128", 1.0, 1.0, true},
                         {"NVIDIA GeForce RTX 4090", "cuda", 24 * kGiB, "2.9.1+cu128", 1.85, 1.6, true},
                         {"NVIDIA RTX A6000", "cuda", 48 * kGiB, "2.9.1+cu128", 1.05, 1.3, true},
                         {"AMD Radeon RX 7900 XTX", "cuda", 24 * kGiB, "2.9.1+rocm6.4", 0.8, 1.1, true},
                         {"NVIDIA GeForce RTX 3060", "cuda", 12 * kGiB, "2.8.0+cu126", 0.48, 0.7, false},
                         {"NVIDIA GeForce RTX 5090", "cuda", 32 * kGiB, "2.9.1+cu130", 2.4, 1.8, true}};
static_assert(std::size(kGpus) == kGpuCount);

WorkerPlan worker(std::int64_t number, std::int64_t first_seen_at_ms) {
  const Gpu& gpu = kGpus[static_cast<std::size_t>(number) % std::size(kGpus)];
  WorkerPlan plan;
  model::Worker& w = plan.worker;
  w.name = "10.0.0." + std::to_string(11 + number) + ":8188";
  w.url = "http://" + w.name;
  w.worker_id = base::named_uuid(w.url);
  w.comfyui_version = "0.3.64";
  w.python_version = "3.12.3";
  w.pytorch_version = gpu.pytorch;
  w.os = "posix";
  w.ram_total_bytes = 64 * kGiB;
  w.first_seen_at_ms = first_seen_at_ms;
  model::Device device;
  device.name = std::string(gpu.type) + ":0 " + gpu.name + " : cudaMallocAsync";
  device.type = gpu.type;
  device.vram_total_bytes = gpu.vram_bytes;
  w.devices = {std::move(device)};
  plan.environment = model::environment_of(w);
  w.comfyui_version = "0.8.0";
  plan.updated = model::environment_of(w);
  plan.updated.pytorch_version = "2.10.0" + plan.environment.pytorch_version.substr(5);
  w.comfyui_version = plan.environment.comfyui_version;
  plan.speed = gpu.speed;
  plan.disk_speed = gpu.disk_speed;
  plan.tells_nodes = gpu.tells_nodes;
  plan.idle_bytes = 600 * kMiB;
  return plan;
}

}  // namespace

std::optional<std::int64_t> Workflow::work_size(const FrameSize& size) const {
  if (!parameters.steps) return std::nullopt;
  return size.width * size.height * frames() * *parameters.steps;
}

std::vector<Workflow> workflows(std::int64_t count) {
  CHECK(count >= 1 && count <= kWorkflows);
  std::vector<Workflow> all{sd15("Portraits", "mara", "sd15/v1-5-pruned-emaonly.safetensors", 0.24), sdxl_refined(),
                            flux("Storyboard", "lena", "flux1-dev.safetensors", 28, 0.12),           sdxl_control(),
                            sd15("Sketches", "jonas", "sd15/dreamshaper_8.safetensors", 0.1),        upscale(),
                            flux("Moodboard", "lena", "flux1-schnell.safetensors", 4, 0.06),         wan(),
                            sd15("Textures", "tom", "sd15/v1-5-pruned-emaonly.safetensors", 0.02)};
  all.resize(static_cast<std::size_t>(count));
  for (Workflow& workflow : all) {
    CHECK(workflow.nodes.size() <= kMaxNodes);
    workflow.fingerprint = fingerprint_of(workflow.nodes);
  }
  return all;
}

std::vector<WorkerPlan> workers(std::int64_t count, std::int64_t first_seen_at_ms) {
  CHECK(count >= 1 && count <= kMaxWorkers);
  std::vector<WorkerPlan> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(worker(i, first_seen_at_ms));
  return all;
}

double duration_ms(const Workflow& workflow, const NodePlan& node, const FrameSize& size, const WorkerPlan& worker) {
  const double pixels = static_cast<double>(size.width * size.height * workflow.frames());
  switch (node.work) {
    case Work::load:
      return node.cost * 1000 / worker.disk_speed;
    case Work::encode:
      return node.cost / worker.speed;
    case Work::setup:
      return node.cost;
    case Work::sample:
      return node.cost * pixels * static_cast<double>(node.steps) / worker.speed / 1e6;
    case Work::decode:
      return node.cost * pixels / worker.speed / 1e6;
    case Work::save:
      return node.cost * pixels / 1e6;
  }
  return 0;
}

}  // namespace comfytrace::generate

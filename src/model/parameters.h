#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"

namespace comfytrace::model {

struct Lora {
  std::string name;
  std::optional<double> strength_model;
  std::optional<double> strength_clip;
  bool operator==(const Lora&) const = default;
};
BOOST_DESCRIBE_STRUCT(Lora, (), (name, strength_model, strength_clip))

// What people compare between runs; read from the graph by following links, not by node ids.
struct Parameters {
  std::vector<std::string> checkpoints;  // checkpoint, diffusion model or UNet files, in graph order
  std::vector<Lora> loras;
  std::vector<std::string> vaes;
  std::vector<std::string> text_encoders;
  std::optional<std::string> sampler;
  std::optional<std::string> scheduler;
  std::optional<std::int64_t> steps;
  std::optional<double> cfg;
  std::optional<double> denoise;
  std::optional<std::int64_t> width;   // pixels
  std::optional<std::int64_t> height;  // pixels
  std::optional<std::int64_t> batch_size;
  std::optional<std::int64_t> frames;
  std::optional<double> fps;
  std::optional<std::string> seed;  // a decimal: seeds use all 64 bits, which a JSON number does not keep
  std::optional<std::string> positive_prompt;
  std::optional<std::string> negative_prompt;
  bool operator==(const Parameters&) const = default;
};
BOOST_DESCRIBE_STRUCT(Parameters, (),
                      (checkpoints, loras, vaes, text_encoders, sampler, scheduler, steps, cfg, denoise, width, height,
                       batch_size, frames, fps, seed, positive_prompt, negative_prompt))

}  // namespace comfytrace::model

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "history/sqlite/field_skipper.h"
#include "history/sqlite/same_text.h"

// A scene's parameters, and how what comes again from scene to scene is left out.
namespace comfytrace::history::sqlite {

template <class Io, class T>
using Of = std::conditional_t<Io::kWriting, const T, T>;

template <class Io>
void fields(Io& io, Of<Io, model::Lora>& lora) {
  io.name(lora.name);
  io.number(lora.strength_model);
  io.number(lora.strength_clip);
}

// What a person leaves as it is from scene to scene.
template <class Io>
void settings(Io& io, Of<Io, model::Parameters>& p) {
  const auto name = [&](auto& text) { io.name(text); };
  io.list(p.loras, [&](auto& lora) { fields(io, lora); });
  io.list(p.vaes, name);
  io.list(p.text_encoders, name);
  io.name(p.sampler);
  io.name(p.scheduler);
  io.integer(p.steps);
  io.number(p.cfg);
  io.number(p.denoise);
  io.integer(p.width);
  io.near(p.height, p.width);
  io.integer(p.batch_size);
  io.integer(p.frames);
  io.number(p.fps);
}

inline void copy_settings(const model::Parameters& from, model::Parameters& to) {
  to.loras = from.loras;
  to.vaes = from.vaes;
  to.text_encoders = from.text_encoders;
  to.sampler = from.sampler;
  to.scheduler = from.scheduler;
  to.steps = from.steps;
  to.cfg = from.cfg;
  to.denoise = from.denoise;
  to.width = from.width;
  to.height = from.height;
  to.batch_size = from.batch_size;
  to.frames = from.frames;
  to.fps = from.fps;
}

// Whether they are written alike for sure.
inline bool same_settings(const model::Parameters& a, const model::Parameters& b) {
  const auto same_number = [](const std::optional<double>& x, const std::optional<double>& y) {
    return x.has_value() == y.has_value() &&
           std::bit_cast<std::uint64_t>(x.value_or(0)) == std::bit_cast<std::uint64_t>(y.value_or(0));
  };
  const auto same_name = [](const std::optional<std::string>& x, const std::optional<std::string>& y) {
    return x.has_value() == y.has_value() && (!x || same_text(*x, *y));
  };
  return a.steps == b.steps && a.width == b.width && a.height == b.height && a.batch_size == b.batch_size &&
         a.frames == b.frames && same_number(a.cfg, b.cfg) && same_number(a.denoise, b.denoise) &&
         same_number(a.fps, b.fps) && same_name(a.sampler, b.sampler) && same_name(a.scheduler, b.scheduler) &&
         a.loras.empty() && b.loras.empty() && a.vaes == b.vaes && a.text_encoders == b.text_encoders;
}

// With one byte before them: 1 if they are as in `before`, and then left out.
template <class T, class Write, class Copy>
void unless_alike(FieldWriter& io, const T& value, std::string& before, const Write& write, const Copy&) {
  const std::size_t from = io.bytes().bytes().size();
  io.boolean(false);
  write(value);
  const std::string_view written = io.bytes().bytes().substr(from);
  if (written != before) {
    before = written;
    return;
  }
  io.bytes().cut(from);
  io.boolean(true);
}

template <class T, class Read, class Copy>
void unless_alike(FieldReader& io, T& value, T& before, const Read& read, const Copy& copy) {
  bool alike = false;
  io.boolean(alike);
  if (alike) {
    copy(before, value);
  } else {
    read(value);
    copy(value, before);
  }
}

template <class T, class Read, class Copy>
void unless_alike(FieldSkipper& io, T& value, T&, const Read& read, const Copy&) {
  bool alike = false;
  io.boolean(alike);
  if (!alike) read(value);
}

// What the scenes and artifacts before were, within one run.
template <class Io>
struct Before {
  template <class T>
  using Form = std::conditional_t<Io::kWriting, std::string, T>;  // written ones are compared as they were written
  Form<model::Parameters> settings;
  Form<model::Artifact> artifact;
  std::string title;
  std::string filename;
  const model::Parameters* parameters = nullptr;  // written ones only: those of `settings`
  // Written ones only, since what is looked up for each node is mostly known from the attempt before. Within the run.
  const std::vector<model::NodeExecution>* nodes = nullptr;
  std::vector<std::int64_t> node_names;  // numbers of the shared texts of `nodes`
  const std::optional<model::AttemptEnvironment>* environment = nullptr;
  std::string environment_bytes;
};

template <class Io>
void fields(Io& io, Of<Io, model::Parameters>& p, Before<Io>& before, std::uint8_t version) {
  io.list(p.checkpoints, [&](auto& text) { io.name(text); });
  if constexpr (Io::kWriting) {
    if (before.parameters && same_settings(*before.parameters, p)) {
      io.boolean(true);
    } else {
      unless_alike(
          io, p, before.settings, [&](auto& one) { settings(io, one); }, copy_settings);
    }
    before.parameters = &p;
  } else if (version >= 3) {
    unless_alike(
        io, p, before.settings, [&](auto& one) { settings(io, one); }, copy_settings);
  } else {
    settings(io, p);
  }
  io.seed(p.seed);
  io.prompt(p.positive_prompt);
  io.prompt(p.negative_prompt);
}

template <class Io>
void text_after(Io& io, Of<Io, std::string>& text, std::string& before, std::uint8_t version) {
  if (version < 3) return io.text(text);
  io.text_like(text, before);
  before = text;
}

template <class Io>
void memory(Io& io, Of<Io, std::optional<std::int64_t>>& value, std::optional<std::int64_t> guess,
            std::uint8_t version) {
  version < 3 ? io.near(value, guess) : io.memory(value, guess);
}

}  // namespace comfytrace::history::sqlite

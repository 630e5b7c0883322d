#pragma once

#include "comfyui/event.h"
#include "decoded_checks.h"

namespace comfytrace::fuzz {

// Checks every text, list and JSON value of an event against the bounds it was decoded under.
class EventChecks {
 public:
  explicit EventChecks(const comfyui::TextBounds& bounds) : bounds_(bounds) {}

  void operator()(const comfyui::StatusEvent& e) const { text(e.sid); }
  void operator()(const comfyui::ExecutionStart& e) const { text(e.prompt_id); }
  void operator()(const comfyui::ExecutionSuccess& e) const { text(e.prompt_id); }
  void operator()(const comfyui::ExecutionCached& e) const {
    text(e.prompt_id);
    check_texts(e.node_ids, bounds_);
  }
  void operator()(const comfyui::ProgressState& e) const {
    text(e.prompt_id);
    CHECK(e.nodes.size() <= bounds_.max_items);
    for (const auto& node : e.nodes) {
      text(node.node_id);
      text(node.display_node_id);
      text(node.parent_node_id);
      text(node.activity);
      text(node.class_type);
      CHECK(!node.finished_at_ms || (node.started_at_ms && *node.started_at_ms <= *node.finished_at_ms));
    }
  }
  void operator()(const comfyui::Executing& e) const {
    CHECK(e.prompt_id || e.node_id);
    text(e.prompt_id);
    text(e.node_id);
    text(e.display_node_id);
  }
  void operator()(const comfyui::Progress& e) const {
    CHECK(e.value - e.value == 0);
    CHECK(e.max - e.max == 0);
    text(e.prompt_id);
    text(e.node_id);
  }
  void operator()(const comfyui::Executed& e) const {
    text(e.prompt_id);
    text(e.node_id);
    text(e.display_node_id);
    check_json(e.output, bounds_);
  }
  void operator()(const comfyui::ExecutionInterrupted& e) const {
    text(e.prompt_id);
    text(e.node_id);
    text(e.node_type);
    check_texts(e.executed, bounds_);
  }
  void operator()(const comfyui::ExecutionError& e) const {
    text(e.prompt_id);
    text(e.node_id);
    text(e.node_type);
    text(e.exception_type);
    text(e.exception_message);
    CHECK(!e.exception_message.ends_with('\n'));
    check_texts(e.traceback, bounds_);
    check_texts(e.executed, bounds_);
  }
  void operator()(const comfyui::FeatureFlags& e) const { check_json(e.flags, bounds_); }
  void operator()(const comfyui::Logs& e) const {
    CHECK(e.entries.size() <= bounds_.max_items);
    for (const auto& entry : e.entries) {
      text(entry.local_time);
      text(entry.message);
    }
  }
  void operator()(const comfyui::PreviewImage& e) const {
    CHECK(e.format == "jpeg" || e.format == "png");
    CHECK(!e.image.empty());
    text(e.prompt_id);
    text(e.node_id);
    text(e.display_node_id);
  }
  void operator()(const comfyui::NodeText& e) const {
    text(e.node_id);
    text(e.text);
  }
  void operator()(const comfyui::UnknownEvent& e) const {
    text(e.type);
    check_json(e.data, bounds_);
  }
  void operator()(const comfyui::UnknownBinary&) const {}

 private:
  void text(const std::string& value) const { check_text(value, bounds_.max_text_bytes); }
  void text(const std::optional<std::string>& value) const { check_text(value, bounds_.max_text_bytes); }

  comfyui::TextBounds bounds_;
};

}  // namespace comfytrace::fuzz

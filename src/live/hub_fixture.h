#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "live/hub.h"

namespace comfytrace::live {

// A page as the hub sees it. Reads everything at once unless told not to.
class FakeSession : public net::WebSocketSession {
 public:
  bool send(std::shared_ptr<const std::string> frame) override {
    if (closed_with || queued_ + frame->size() > capacity) return false;
    if (!reads) queued_ += frame->size();
    frames.push_back(std::move(frame));
    return true;
  }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued_; }
  void close(std::uint16_t code, std::string) override {
    closed_with = code;
    if (on_close) on_close();
  }
  void read_all() { queued_ = 0; }

  // The JSON of every text frame since the last call.
  std::vector<base::json::value> take() {
    std::vector<base::json::value> messages;
    for (const auto& frame : frames) {
      const auto payload = payload_of(*frame);
      if ((*frame)[0] == '\x81') messages.push_back(base::parse_json(payload).value());
      if ((*frame)[0] == '\x82') binary.push_back(std::string(payload));
    }
    frames.clear();
    return messages;
  }
  static std::string_view payload_of(std::string_view frame) {
    const auto length = static_cast<unsigned char>(frame[1]);
    return frame.substr(length == 127 ? 10 : length == 126 ? 4 : 2);
  }

  bool reads = true;
  std::size_t capacity = 1u << 20;
  std::vector<std::shared_ptr<const std::string>> frames;
  std::vector<std::string> binary;
  std::optional<std::uint16_t> closed_with;

 private:
  std::size_t queued_ = 0;
};

class HubTest : public ::testing::Test {
 protected:
  std::shared_ptr<FakeSession> connect(std::optional<std::uint64_t> since = {}, std::string_view boot = "boot-1") {
    auto session = std::make_shared<FakeSession>();
    hub->add_client(session, since, boot);
    return session;
  }
  // A page that has read hello and snapshot.
  std::shared_ptr<FakeSession> connect_and_greet() {
    auto session = connect();
    (void)session->take();
    return session;
  }
  void run_handlers() {
    io.restart();
    io.poll();
  }
  void pass_ms(std::int64_t ms) {
    run_handlers();
    clock.advance_ms(ms);
    hub->flush_due();
    run_handlers();
  }
  static model::LiveScene scene(std::string run, model::Status status, std::int64_t nodes_done = 0) {
    model::LiveScene scene;
    scene.run_id = std::move(run);
    scene.scene_id = "scene-001";
    scene.prompt_id = scene.run_id;
    scene.worker_id = "worker-1";
    scene.status = status;
    scene.node_count = 1'000'000;
    scene.nodes_done = nodes_done;
    scene.node_times_known = true;
    scene.started_at_ms = 999'000;
    return scene;
  }

  net::asio::io_context io;
  base::FakeClock clock{1'000'000};
  std::unique_ptr<Hub> hub = std::make_unique<Hub>(io, clock, HubOptions{.version = "1.2.3", .boot_id = "boot-1"});
};

inline std::vector<std::string> words_of(const std::vector<base::json::value>& messages, std::string_view key) {
  std::vector<std::string> words;
  for (const auto& message : messages) words.push_back(base::find_string(message, key).value_or("?"));
  return words;
}

inline std::vector<base::json::value> updates_in(const std::vector<base::json::value>& messages) {
  std::vector<base::json::value> updates;
  for (const auto& message : messages) {
    EXPECT_EQ(base::find_string(message, "type"), "update");
    for (const auto& update : *base::find_array(message, "updates")) updates.push_back(update);
  }
  return updates;
}

}  // namespace comfytrace::live

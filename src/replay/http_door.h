#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "net/http_server.h"
#include "replay/core.h"
#include "replay/player.h"
#include "replay/workshop.h"

namespace comfytrace::replay {

// ComfyUI's HTTP routes over the replayed memory, each also under /api. I/O thread only.
class HttpDoor {
 public:
  HttpDoor(Core& core, Player& player, Workshop& workshop);

  void answer(net::HttpRequest request, net::Respond respond);
  // For an upgrade request: a refusal, or nothing.
  [[nodiscard]] std::optional<net::HttpResponse> refuse_websocket(const net::HttpRequest& request);
  void open_websocket(const net::HttpRequest& request, std::shared_ptr<net::WebSocketSession> session);

  // From now on requests wait / all that waited are answered.
  void hold() { holding_ = true; }
  void release();

 private:
  [[nodiscard]] net::HttpResponse route(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse get(const net::HttpRequest& request, std::string_view path);
  [[nodiscard]] net::HttpResponse history(const net::HttpRequest& request, std::string_view path) const;
  [[nodiscard]] net::HttpResponse view(const net::HttpRequest& request);
  [[nodiscard]] net::HttpResponse object_info(std::string_view path);
  [[nodiscard]] net::HttpResponse post_prompt(const base::json::value& body);
  [[nodiscard]] net::HttpResponse post_queue(const base::json::value& body);
  [[nodiscard]] net::HttpResponse post_history(const base::json::value& body);

  Core& core_;
  Player& player_;
  Workshop& workshop_;
  std::vector<std::function<void()>> waiting_;
  bool holding_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace comfytrace::replay

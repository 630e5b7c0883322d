#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.h"
#include "api/route_doc.h"

namespace comfytrace::api {

// Which handler a method and a target stand for.
class Router {
 public:
  using Handler = std::function<void(CallPtr)>;

  // "/api/v1/runs/{runId}/artifacts/{index}"; a segment may also be "{workerId}:connect". A placeholder stands for one
  // segment as sent, so that an id may hold an encoded slash.
  void add(std::string method, std::string_view pattern, RouteDoc doc, Handler handler);
  // A route that the OpenAPI document leaves out.
  void add(std::string method, std::string_view pattern, Handler handler) {
    add(std::move(method), pattern, RouteDoc{}, std::move(handler));
  }

  struct Route {
    std::string method;
    std::string pattern;
    std::vector<std::string> segments;
    RouteDoc doc;
    Handler handler;
  };
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Handler* handler = nullptr;  // null: not found, or not with this method
    std::vector<std::string> params;
    std::string allow;  // the methods of the routes that match the target; empty: there is none
  };
  // HEAD finds what GET finds.
  [[nodiscard]] Match find(std::string_view method, std::string_view target) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace comfytrace::api

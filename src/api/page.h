#pragma once

#include <string_view>

#include "api/services.h"
#include "net/http.h"

namespace comfytrace::api {

// The page's files. What is not a file is a view of the page, whose script reads the address.
class Page {
 public:
  explicit Page(Assets assets) : assets_(std::move(assets)) {}
  // For GET and HEAD.
  [[nodiscard]] net::HttpResponse answer(const net::HttpRequest& request) const;

 private:
  [[nodiscard]] const Asset* find(std::string_view path) const;

  Assets assets_;
};

}  // namespace comfytrace::api

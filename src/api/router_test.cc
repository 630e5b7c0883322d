#include "api/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

using ::testing::ElementsAre;

TEST(Router, FindsRoutesByMethodAndDecodesTheirParameters) {
  Router router;
  router.add("GET", "/runs/{id}", [](const CallPtr&) {});
  router.add("DELETE", "/runs/{id}", [](const CallPtr&) {});
  router.add("POST", "/workers/{id}:connect", [](const CallPtr&) {});
  EXPECT_THAT(router.find("GET", "/runs/a%2Fb%20c?x=/y").params, ElementsAre("a/b c"));
  EXPECT_NE(router.find("HEAD", "/runs/a").handler, nullptr);
  EXPECT_THAT(router.find("POST", "/workers/w:1:connect").params, ElementsAre("w:1"));
  EXPECT_EQ(router.find("PUT", "/runs/a").allow, "GET, HEAD, DELETE");
  EXPECT_EQ(router.find("PUT", "/runs/a").handler, nullptr);
  for (const auto* target : {"/runs", "/runs/", "/runs/a/", "/runs/a/b", "/workers/:connect", "/workers/a", "/", "",
                             "/runs/%zz", "runs/a"}) {
    EXPECT_TRUE(router.find("GET", target).allow.empty()) << target;
  }
}

}  // namespace
}  // namespace comfytrace::api

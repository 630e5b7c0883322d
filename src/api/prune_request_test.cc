#include "api/prune_request.h"

#include <gtest/gtest.h>

namespace comfytrace::api {
namespace {

TEST(PruneRequest, ReadsNumbersAndWhatPeopleWrite) {
  for (const char* body : {R"({"olderThanMs":2592000000,"keep":10,"maxBytes":2147483648,"filter":"status=failed"})",
                           R"({"olderThanMs":"30d","keep":"10","maxBytes":"2GiB","filter":"?status=failed"})"}) {
    const auto request = parse_prune_request(body);
    ASSERT_TRUE(request) << request.error().sentence();
    EXPECT_TRUE(request->dry_run) << "nothing goes unless that is asked for";
    const auto rule = request->rule({}, 2'592'000'500);
    EXPECT_EQ(rule.older_than_ms, 500);
    EXPECT_EQ(rule.keep_newest, 10);
    EXPECT_EQ(rule.max_bytes, 2ll << 30);
    EXPECT_EQ(request->filter.to_query_string(), "status=failed");
    const auto again = parse_prune_request(request->to_json());
    ASSERT_TRUE(again) << again.error().sentence();
    EXPECT_EQ(again->to_json(), request->to_json());
  }
  EXPECT_FALSE(parse_prune_request(R"({"keep":0,"dryRun":false})")->dry_run);
  EXPECT_EQ(parse_prune_request(R"({"olderThanMs":"30d"})")->rule({}, 5).older_than_ms, 0);
}

TEST(PruneRequest, NamesWhatIsWrong) {
  for (const auto& [body, field] :
       std::vector<std::pair<std::string, std::string>>{{"", "$"},
                                                        {"[]", "$"},
                                                        {"{}", "$"},
                                                        {R"({"dryRun":false})", "$"},
                                                        {R"({"olderThanMs":-1})", "$.olderThanMs"},
                                                        {R"({"olderThanMs":"soon"})", "$.olderThanMs"},
                                                        {R"({"olderThanMs":1.5})", "$.olderThanMs"},
                                                        {R"({"keep":null})", "$.keep"},
                                                        {R"({"keep":"1GiB"})", "$.keep"},
                                                        {R"({"maxBytes":[]})", "$.maxBytes"},
                                                        {R"({"keep":1,"dryRun":"no"})", "$.dryRun"},
                                                        {R"({"keep":1,"filter":"status=sucess"})", "$.filter"},
                                                        {R"({"keep":1,"filter":"limit=5"})", "$.filter"},
                                                        {R"({"keep":1,"filter":5})", "$.filter"},
                                                        {R"({"keep":1,"olderThan":"30d"})", "$.olderThan"}}) {
    const auto request = parse_prune_request(body);
    ASSERT_FALSE(request) << body;
    EXPECT_EQ(request.error().field, field) << body;
  }
}

}  // namespace
}  // namespace comfytrace::api

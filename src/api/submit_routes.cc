#include <utility>

#include "api/context.h"
#include "api/submission.h"
#include "base/codec.h"

namespace comfytrace::api {
namespace {

void submit_run(const Context& context, const CallPtr& call) {
  if (!context.services.submit) return call->fail(503, "this server does not submit");
  auto submission = parse_submission(call->request.body);
  if (!submission) return call->fail(submission.error());
  context.services.submit(std::move(*submission), [call](const base::Result<SubmissionAnswer>& answer) {
    if (!answer) return call->fail(answer.error());
    call->reply_json(base::encode_json(*answer));
  });
}

// Of what may be left out nothing is required.
std::string submission_schema(base::SchemaBook& book) {
  std::string schema = book.object<Submission>();
  schema.replace(schema.find("\"required\""), std::string::npos, R"("required":["workflow"]})");
  return book.define("Submission", std::move(schema));
}

}  // namespace

void add_submit_routes(Router& router, const ContextPtr& context) {
  router.add("POST", "/api/v1/runs:submit",
             {.id = "submitRun",
              .summary = "Queues a workflow on a watched worker",
              .request = submission_schema,
              .response = kSchemaOf<SubmissionAnswer>},
             [context](const CallPtr& call) { submit_run(*context, call); });
}

}  // namespace comfytrace::api

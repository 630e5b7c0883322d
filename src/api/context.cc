#include "api/context.h"

#include <utility>

namespace comfytrace::api {

Context::Context(net::asio::io_context& the_io, const base::Clock& the_clock, Services the_services, live::Hub& the_hub,
                 const Metrics& the_metrics, std::string the_version)
    : io(the_io),
      clock(the_clock),
      services(std::move(the_services)),
      hub(the_hub),
      metrics(the_metrics),
      version(std::move(the_version)),
      started_at_ms(the_clock.now_ms()),
      artifacts(the_io) {}

void Context::ask(const CallPtr& call, Services::Question question) const {
  if (!services.ask(std::move(question))) {
    call->fail(503, "too many questions to the history wait already", "", "try again in a moment");
  }
}

std::function<void(Context::Work)> Context::on_io() {
  return [&io_context = io, self = weak_from_this()](Work work) {
    net::asio::post(io_context, [self, work = std::move(work)] {
      if (const auto context = self.lock()) work(*context);
    });
  };
}

}  // namespace comfytrace::api

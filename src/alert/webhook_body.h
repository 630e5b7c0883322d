#pragma once

#include <boost/describe.hpp>
#include <string>

#include "alert/notice.h"
#include "base/codec.h"

namespace comfytrace::alert {

// What the other side understands.
enum class WebhookFormat { json, discord, slack, ntfy };
BOOST_DESCRIBE_ENUM(WebhookFormat, json, discord, slack, ntfy)

// The JSON to post. `topic` is ntfy's. Text is data: it can mention nobody and ends no string.
[[nodiscard]] std::string webhook_body(WebhookFormat format, const Notice& notice, const std::string& topic);

}  // namespace comfytrace::alert

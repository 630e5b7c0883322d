#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/codec.h"
#include "model/attempt.h"

namespace comfytrace::model {

// A device as /system_stats tells it. With --cpu ComfyUI reports the machine's memory as VRAM.
struct Device {
  std::int64_t index = 0;
  std::string name;
  std::string type;  // cuda, cpu, mps, …
  std::optional<std::int64_t> vram_total_bytes;
  std::optional<std::int64_t> vram_free_bytes;
  std::optional<std::int64_t> torch_vram_total_bytes;
  std::optional<std::int64_t> torch_vram_free_bytes;
  bool operator==(const Device&) const = default;
};
BOOST_DESCRIBE_STRUCT(Device, (),
                      (index, name, type, vram_total_bytes, vram_free_bytes, torch_vram_total_bytes,
                       torch_vram_free_bytes))

// One ComfyUI server. `worker_id` is made from the normalised URL and so is the same after every restart.
struct Worker {
  std::string worker_id;
  std::string name;  // host:port unless named
  std::string url;   // http://host:port, no path, no trailing slash
  std::optional<std::string> comfyui_version;
  std::optional<std::string> python_version;
  std::optional<std::string> pytorch_version;
  std::optional<std::string> os;
  std::optional<std::int64_t> ram_total_bytes;
  std::optional<std::int64_t> ram_free_bytes;
  std::vector<Device> devices;
  std::optional<std::int64_t> first_seen_at_ms;
  std::optional<std::int64_t> last_seen_at_ms;
  bool operator==(const Worker&) const = default;
};
BOOST_DESCRIBE_STRUCT(Worker, (),
                      (worker_id, name, url, comfyui_version, python_version, pytorch_version, os, ram_total_bytes,
                       ram_free_bytes, devices, first_seen_at_ms, last_seen_at_ms))

// What the attempts of this worker run on now.
[[nodiscard]] AttemptEnvironment environment_of(const Worker& worker);

// connecting: first contact or between attempts · connected: open, nothing running · streaming: data within the
// stall limit while something runs · stalled: something runs and nothing comes · disconnected: not reachable.
enum class ConnectionState { connecting, connected, streaming, stalled, disconnected };
BOOST_DESCRIBE_ENUM(ConnectionState, connecting, connected, streaming, stalled, disconnected)

enum class CaptureSource { none, stock, extension };
BOOST_DESCRIBE_ENUM(CaptureSource, none, stock, extension)

// What the extension in this ComfyUI listens to is missing there, and why.
struct SkippedTap {
  std::string name;
  std::string reason;
  bool operator==(const SkippedTap&) const = default;
};
BOOST_DESCRIBE_STRUCT(SkippedTap, (), (name, reason))

// Our extension inside a ComfyUI, as it tells of itself. Counts and costs are of this life of ComfyUI.
struct ExtensionInfo {
  std::string version;        // may be empty
  std::int64_t protocol = 0;  // of its wire format
  bool outdated = false;      // lower than the version this comfytrace carries
  std::vector<std::string> taps;
  std::vector<SkippedTap> skipped_taps;
  std::optional<std::int64_t> frames_dropped;  // that some subscriber was too slow for, whoever it was
  std::optional<std::int64_t> failures;        // of its own, none of which reached a prompt
  // Its own time in ComfyUI's threads a call, over the latest 1024.
  std::optional<double> event_cost_p50_us;
  std::optional<double> event_cost_p99_us;
  bool operator==(const ExtensionInfo&) const = default;
};
BOOST_DESCRIBE_STRUCT(ExtensionInfo, (),
                      (version, protocol, outdated, taps, skipped_taps, frames_dropped, failures, event_cost_p50_us,
                       event_cost_p99_us))

struct Connection {
  ConnectionState state = ConnectionState::connecting;
  std::int64_t since_ms = 0;
  CaptureSource source = CaptureSource::none;
  std::optional<std::int64_t> last_event_at_ms;
  std::int64_t attempt = 0;  // failed attempts in a row
  std::optional<std::int64_t> next_try_at_ms;
  std::optional<std::string> last_error;   // a sentence
  std::optional<std::string> missing;      // what this source cannot tell, and how to get it
  std::optional<ExtensionInfo> extension;  // while it is the source
  bool operator==(const Connection&) const = default;
};
BOOST_DESCRIBE_STRUCT(Connection, (),
                      (state, since_ms, source, last_event_at_ms, attempt, next_try_at_ms, last_error, missing,
                       extension))

// A worker as of now: what /api/v1/workers and the live stream tell.
struct WorkerState {
  Worker worker;
  Connection connection;
  std::int64_t queue_running = 0;
  std::int64_t queue_pending = 0;
  bool operator==(const WorkerState&) const = default;
};
BOOST_DESCRIBE_STRUCT(WorkerState, (), (worker, connection, queue_running, queue_pending))

// One reading of a device.
struct DeviceSample {
  std::int64_t at_ms = 0;
  std::int64_t device_index = 0;
  std::optional<std::int64_t> vram_used_bytes;
  std::optional<std::int64_t> vram_free_bytes;
  std::optional<double> utilization_ratio;
  std::optional<double> temperature_celsius;
  std::optional<double> power_watts;
  bool operator==(const DeviceSample&) const = default;
};
BOOST_DESCRIBE_STRUCT(DeviceSample, (),
                      (at_ms, device_index, vram_used_bytes, vram_free_bytes, utilization_ratio, temperature_celsius,
                       power_watts))

}  // namespace comfytrace::model

#include "replay/faults.h"

#include <charconv>
#include <functional>
#include <map>
#include <utility>

namespace comfytrace::replay {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::string_view kHelp =
    "cut:every=N | cut:rate=P                 sockets end without a close frame\n"
    "stall:at=N,ms=D                          nothing is sent or answered for D ms at frame N\n"
    "garbage:every=N                          bytes, cut JSON or bad UTF-8 before every Nth frame\n"
    "duplicate:every=N | reorder:every=N      every Nth frame comes twice | after the next one\n"
    "oversize:at=N,mib=M                      a frame of M MiB (10) before frame N\n"
    "restart:at=N,ms=D | restart:after-ms=T   memory lost at frame N | after T ms; nobody listens for D ms\n"
    "http:errors=P,slow=P,slow-ms=D           500s | late answers, with probability P\n";

template <class T>
bool read_number(std::string_view text, T& out, T least, T most) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !(value >= least && value <= most)) return false;
  out = value;
  return true;
}

bool read_count(std::string_view text, std::uint64_t& out) {
  return read_number<std::uint64_t>(text, out, 1, 1'000'000'000'000);
}
bool read_ms(std::string_view text, std::int64_t& out) {
  return read_number<std::int64_t>(text, out, 0, 86'400'000);
}
bool read_rate(std::string_view text, double& out) {
  return read_number<double>(text, out, 0.0, 1.0);
}

using Setter = std::function<bool(Faults&, std::string_view)>;

const std::map<std::string, std::map<std::string, Setter>, std::less<>>& grammar() {
  static const std::map<std::string, std::map<std::string, Setter>, std::less<>> known{
      {"cut",
       {{"every", [](Faults& f, std::string_view v) { return read_count(v, f.cut_every); }},
        {"rate", [](Faults& f, std::string_view v) { return read_rate(v, f.cut_rate); }}}},
      {"stall",
       {{"at", [](Faults& f, std::string_view v) { return read_count(v, f.stall_at); }},
        {"ms", [](Faults& f, std::string_view v) { return read_ms(v, f.stall_ms); }}}},
      {"garbage", {{"every", [](Faults& f, std::string_view v) { return read_count(v, f.garbage_every); }}}},
      {"duplicate", {{"every", [](Faults& f, std::string_view v) { return read_count(v, f.duplicate_every); }}}},
      {"reorder", {{"every", [](Faults& f, std::string_view v) { return read_count(v, f.reorder_every); }}}},
      {"oversize",
       {{"at", [](Faults& f, std::string_view v) { return read_count(v, f.oversize_at); }},
        {"mib",
         [](Faults& f, std::string_view v) {
           std::size_t mib = 0;
           if (!read_number<std::size_t>(v, mib, 1, 1024)) return false;
           f.oversize_bytes = mib << 20;
           return true;
         }}}},
      {"restart",
       {{"at", [](Faults& f, std::string_view v) { return read_count(v, f.restart_at); }},
        {"after-ms", [](Faults& f, std::string_view v) { return read_ms(v, f.restart_at_ms); }},
        {"ms", [](Faults& f, std::string_view v) { return read_ms(v, f.restart_ms); }}}},
      {"http",
       {{"errors", [](Faults& f, std::string_view v) { return read_rate(v, f.http_error_rate); }},
        {"slow", [](Faults& f, std::string_view v) { return read_rate(v, f.http_slow_rate); }},
        {"slow-ms", [](Faults& f, std::string_view v) { return read_ms(v, f.http_slow_ms); }}}}};
  return known;
}

std::string names(const auto& map) {
  std::string all;
  for (const auto& [name, value] : map) all += (all.empty() ? "" : ", ") + name;
  return all;
}

base::Result<void> read_spec(const std::string& spec, Faults& faults) {
  const std::size_t colon = spec.find(':');
  const auto kind = grammar().find(spec.substr(0, colon));
  if (kind == grammar().end()) {
    return Error{ErrorCode::invalid, "unknown fault \"" + spec.substr(0, colon) + "\"", spec,
                 "one of: " + names(grammar())};
  }
  if (colon == std::string::npos) {
    return Error{ErrorCode::invalid, "the fault says nothing about when", spec, "settings: " + names(kind->second)};
  }
  std::string_view rest = std::string_view(spec).substr(colon + 1);
  while (true) {
    const std::string_view setting = rest.substr(0, rest.find(','));
    const std::size_t equals = setting.find('=');
    const auto setter = kind->second.find(std::string(setting.substr(0, equals)));
    if (equals == std::string_view::npos || setter == kind->second.end()) {
      return Error{ErrorCode::invalid, "unknown setting \"" + std::string(setting) + "\"", spec,
                   "settings: " + names(kind->second)};
    }
    if (!setter->second(faults, setting.substr(equals + 1))) {
      return Error{ErrorCode::invalid, "value out of range in \"" + std::string(setting) + "\"", spec};
    }
    if (setting.size() == rest.size()) return {};
    rest.remove_prefix(setting.size() + 1);
  }
}

}  // namespace

bool Faults::any() const {
  return cut_every || cut_rate > 0 || stall_at || garbage_every || duplicate_every || reorder_every || oversize_at ||
         restart_at || restart_at_ms || http_error_rate > 0 || http_slow_rate > 0;
}

std::string_view faults_help() {
  return kHelp;
}

base::Result<Faults> parse_faults(const std::vector<std::string>& specs, std::uint64_t seed) {
  Faults faults;
  faults.seed = seed;
  for (const std::string& spec : specs) {
    if (auto read = read_spec(spec, faults); !read) return read.error();
  }
  return faults;
}

FaultDealer::FaultDealer(const Faults& faults)
    : faults_(faults), frame_random_(faults.seed), request_random_(faults.seed + 1) {}

namespace {

bool every(std::uint64_t n, std::uint64_t count) {
  return n != 0 && count % n == 0;
}

// Not std::bernoulli_distribution: what it makes of a seed is the library's own business.
bool chance(std::mt19937_64& random, double rate) {
  return static_cast<double>(random() >> 11) * 0x1.0p-53 < rate;
}

std::string spoilt(std::mt19937_64& random, std::string_view payload, bool& binary) {
  binary = false;
  switch (random() % 4) {
    case 0:
      return std::string(payload.substr(0, payload.size() / 2));
    case 1:
      return "{\"type\":\"\xc3\x28\xff\",\"data\":{}}";  // not UTF-8
    case 2:
      return "[1,2";
    default: {
      binary = true;
      std::string bytes;
      for (std::uint64_t left = random() % 64; left > 0; --left) bytes.push_back(static_cast<char>(random() & 0xff));
      return bytes;
    }
  }
}

}  // namespace

FrameFate FaultDealer::next_frame(std::string_view payload) {
  ++frames_;
  FrameFate fate;
  fate.cut = every(faults_.cut_every, frames_) || chance(frame_random_, faults_.cut_rate);
  fate.restart = faults_.restart_at == frames_;
  fate.duplicate = every(faults_.duplicate_every, frames_);
  fate.swap_with_next = every(faults_.reorder_every, frames_);
  if (faults_.stall_at == frames_) fate.stall_ms = faults_.stall_ms;
  if (every(faults_.garbage_every, frames_)) fate.garbage = spoilt(frame_random_, payload, fate.garbage_is_binary);
  fate.oversize = faults_.oversize_at == frames_;
  return fate;
}

RequestFate FaultDealer::next_request() {
  RequestFate fate;
  fate.error = chance(request_random_, faults_.http_error_rate);
  if (chance(request_random_, faults_.http_slow_rate)) fate.delay_ms = faults_.http_slow_ms;
  return fate;
}

}  // namespace comfytrace::replay

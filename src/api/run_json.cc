#include "api/run_json.h"

#include <algorithm>
#include <boost/describe.hpp>
#include <boost/mp11/algorithm.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/codec.h"
#include "net/http.h"

namespace comfytrace::api {
namespace {

struct ListedArtifact : model::Artifact {
  std::int64_t index = 0;
  std::string scene_id;
  std::string prompt_id;
  std::optional<std::string> url;  // absent for a file that has no name
};
BOOST_DESCRIBE_STRUCT(ListedArtifact, (model::Artifact), (index, scene_id, prompt_id, url))

struct TimelineAttempt {
  std::string scene_id;
  std::string prompt_id;
  std::string worker_id;
  model::Status status = model::Status::queued;
  std::optional<std::int64_t> started_at_ms;
  std::optional<std::int64_t> finished_at_ms;
  std::optional<std::int64_t> duration_ms;
  bool node_times_known = false;
  std::vector<model::NodeExecution> nodes;
  std::vector<model::DeviceSample> samples;
};
BOOST_DESCRIBE_STRUCT(TimelineAttempt, (),
                      (scene_id, prompt_id, worker_id, status, started_at_ms, finished_at_ms, duration_ms,
                       node_times_known, nodes, samples))

struct Timeline {
  std::string run_id;
  std::vector<TimelineAttempt> attempts;
};
BOOST_DESCRIBE_STRUCT(Timeline, (), (run_id, attempts))

// `each(name, member, out)` writes a member's value, or returns false to leave the member out.
template <class T, class Each>
void encode_members(std::string& out, const T& value, const Each& each) {
  boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_any_access>>([&](auto d) {
    std::string text;
    if (!each(std::string_view(d.name), value.*d.pointer, text)) return;
    if (out.back() != '{') out.push_back(',');
    out += "\"" + base::camel_case(d.name) + "\":" + text;
  });
}

template <class T, class EncodeItem>
void encode_list(std::string& out, const std::vector<T>& items, const EncodeItem& encode_item) {
  out.push_back('[');
  for (const auto& item : items) {
    if (&item != &items.front()) out.push_back(',');
    encode_item(out, item);
  }
  out.push_back(']');
}

void encode_attempt(std::string& out, const model::Attempt& attempt) {
  out.push_back('{');
  encode_members(out, attempt, [](std::string_view name, const auto& member, std::string& text) {
    if (name == "nodes") return false;
    base::encode(text, member);
    return true;
  });
  out.push_back('}');
}

void encode_scene(std::string& out, const model::Scene& scene) {
  out.push_back('{');
  encode_members(out, scene, [](std::string_view, const auto& member, std::string& text) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::vector<model::Attempt>>) {
      encode_list(text, member, encode_attempt);
    } else {
      base::encode(text, member);
    }
    return true;
  });
  out.push_back('}');
}

std::vector<ListedArtifact> list_artifacts(const model::Run& run) {
  std::vector<ListedArtifact> listed;
  for (const auto& place : model::artifacts_of(run)) {
    ListedArtifact artifact;
    static_cast<model::Artifact&>(artifact) = *place.artifact;
    artifact.index = static_cast<std::int64_t>(listed.size());
    artifact.scene_id = place.scene->scene_id;
    artifact.prompt_id = place.attempt->prompt_id;
    if (!artifact.filename.empty() || artifact.text) artifact.url = artifact_url(run.run_id, listed.size());
    listed.push_back(std::move(artifact));
  }
  return listed;
}

}  // namespace

std::string artifact_url(std::string_view run_id, std::size_t index) {
  return "/api/v1/runs/" + net::percent_encode(run_id) + "/artifacts/" + std::to_string(index);
}

std::string run_json(const model::Run& run) {
  std::string out = "{";
  encode_members(out, run, [](std::string_view, const auto& member, std::string& text) {
    if constexpr (std::is_same_v<std::decay_t<decltype(member)>, std::vector<model::Scene>>) {
      encode_list(text, member, encode_scene);
    } else {
      base::encode(text, member);
    }
    return true;
  });
  out += ",\"artifacts\":";
  base::encode(out, list_artifacts(run));
  out.push_back('}');
  return out;
}

std::string run_schema(base::SchemaBook& book) {
  if (!book.definitions().contains("Attempt")) book.define("Attempt", book.object<model::Attempt>({"nodes"}));
  return book.define("RunDetail",
                     book.object<model::Run>({}, {"\"artifacts\":" + book.of<std::vector<ListedArtifact>>()}));
}

std::string timeline_schema(base::SchemaBook& book) {
  return book.of<Timeline>();
}

std::string timeline_json(const model::Run& run, const std::vector<history::SampleSeries>& samples) {
  Timeline timeline{run.run_id, {}};
  for (const auto& scene : run.scenes) {
    for (const auto& attempt : scene.attempts) {
      TimelineAttempt shown;
      shown.scene_id = scene.scene_id;
      shown.prompt_id = attempt.prompt_id;
      shown.worker_id = attempt.worker_id;
      shown.status = attempt.status;
      shown.started_at_ms = attempt.started_at_ms;
      shown.finished_at_ms = attempt.finished_at_ms;
      shown.duration_ms = attempt.duration_ms;
      shown.node_times_known = attempt.node_times_known;
      shown.nodes = attempt.nodes;
      const auto series = std::find_if(samples.begin(), samples.end(),
                                       [&](const auto& one) { return one.prompt_id == attempt.prompt_id; });
      if (series != samples.end()) shown.samples = series->samples;
      timeline.attempts.push_back(std::move(shown));
    }
  }
  return base::encode_json(timeline);
}

}  // namespace comfytrace::api

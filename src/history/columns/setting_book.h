#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "history/columns/interner.h"
#include "history/columns/shared_facts.h"
#include "history/columns/stable_vector.h"

namespace comfytrace::history::columns {

// An Interner of settings. There can be one a run, made of few workflows, graphs, models and machines: each of those is
// kept once, and a setting is their numbers. So a filter looks at texts once for each of those, and at numbers for each
// setting. One thread interns; readers look up numbers that were published to them.
class SettingBook {
 public:
  using Value = Setting;
  enum class Part { workflow, graphs, models, machine };

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] Setting operator[](std::size_t id) const;
  [[nodiscard]] const Graphs& graphs_of(std::size_t id) const { return graphs_[number_of(id, Part::graphs)]; }
  [[nodiscard]] const Machine& machine_of(std::size_t id) const { return machines_[number_of(id, Part::machine)]; }

  // How many there are of a part: no fewer than the settings have that were counted before.
  [[nodiscard]] std::size_t count_of(Part part) const;
  [[nodiscard]] std::uint32_t number_of(std::size_t id, Part part) const {
    return rows_[id][static_cast<std::size_t>(part)];
  }
  // A setting that has nothing but this.
  [[nodiscard]] Setting only(Part part, std::uint32_t number) const;

  // By number: 1 for a setting that meets the filter.
  [[nodiscard]] std::vector<std::uint8_t> meeting(const RunFilter& filter) const;
  // By number: 1 where one of the fingerprints is this, and one of the devices; absent: any device.
  [[nodiscard]] std::vector<std::uint8_t> having(const std::string& fingerprint,
                                                 const std::optional<std::string>& device) const;
  // About what it takes.
  [[nodiscard]] std::size_t bytes() const;

  // The writer alone.
  std::uint32_t id_of(const Setting& setting);

 private:
  using Row = std::array<std::uint32_t, 4>;  // by Part
  using Passing = std::vector<std::uint8_t>;
  // The first two let pass what one of them does.
  [[nodiscard]] Passing passing(std::size_t count, const Passing& workflows, const Passing& graphs,
                                const Passing& models, const Passing& machines) const;
  void index();
  [[nodiscard]] std::uint32_t& slot_of(const Row& row);

  Interner<Workflow> workflows_;
  Interner<Graphs> graphs_;
  Interner<Models> models_;
  Interner<Machine> machines_;
  StableVector<Row> rows_;
  // Where the hash of a row leads to: its number + 1, or 0; else in one of the next. Filled when first needed.
  std::vector<std::uint32_t> slots_;
};

}  // namespace comfytrace::history::columns

#include "history/columns/setting_book.h"

#include <algorithm>
#include <bit>

#include "base/hash.h"

namespace comfytrace::history::columns {
namespace {

constexpr std::size_t kLeastSlots = 64;

// By number: for which `holds`.
template <class T, class Holds>
std::vector<std::uint8_t> each_of(const Interner<T>& parts, const Holds& holds) {
  std::vector<std::uint8_t> passing(parts.size());
  for (std::size_t i = 0; i < passing.size(); ++i) passing[i] = holds(parts[i]);
  return passing;
}

template <class T>
std::vector<std::uint8_t> all_of(const Interner<T>& parts, std::uint8_t passes = 1) {
  return std::vector<std::uint8_t>(parts.size(), passes);
}

}  // namespace

Setting SettingBook::operator[](std::size_t id) const {
  const Row& row = rows_[id];
  return {workflows_[row[0]], graphs_[row[1]], models_[row[2]], machines_[row[3]]};
}

std::size_t SettingBook::count_of(Part part) const {
  switch (part) {
    case Part::workflow:
      return workflows_.size();
    case Part::graphs:
      return graphs_.size();
    case Part::models:
      return models_.size();
    case Part::machine:
      return machines_.size();
  }
  return 0;
}

Setting SettingBook::only(Part part, std::uint32_t number) const {
  Setting setting;
  switch (part) {
    case Part::workflow:
      static_cast<Workflow&>(setting) = workflows_[number];
      break;
    case Part::graphs:
      static_cast<Graphs&>(setting) = graphs_[number];
      break;
    case Part::models:
      static_cast<Models&>(setting) = models_[number];
      break;
    case Part::machine:
      static_cast<Machine&>(setting) = machines_[number];
      break;
  }
  return setting;
}

SettingBook::Passing SettingBook::passing(std::size_t count, const Passing& workflows, const Passing& graphs,
                                          const Passing& models, const Passing& machines) const {
  Passing passing(count);
  std::uint8_t* next = passing.data();
  rows_.each_of_first(count, [&](const Row& row) {
    *next++ = static_cast<std::uint8_t>((workflows[row[0]] | graphs[row[1]]) & models[row[2]] & machines[row[3]]);
  });
  return passing;
}

std::vector<std::uint8_t> SettingBook::meeting(const RunFilter& filter) const {
  const std::size_t count = size();
  const bool any_workflow = filter.workflows.empty();
  return passing(
      count,
      any_workflow ? all_of(workflows_) : each_of(workflows_, [&](const Workflow& of) { return meets(of, filter); }),
      any_workflow ? all_of(graphs_) : each_of(graphs_, [&](const Graphs& of) { return meets(of, filter); }),
      each_of(models_, [&](const Models& of) { return meets(of, filter); }),
      each_of(machines_, [&](const Machine& of) { return meets(of, filter); }));
}

std::vector<std::uint8_t> SettingBook::having(const std::string& fingerprint,
                                              const std::optional<std::string>& device) const {
  const std::size_t count = size();
  const auto has = [](const std::vector<std::string>& all, const std::string& one) {
    return std::ranges::find(all, one) != all.end();
  };
  return passing(count, all_of(workflows_, 0),
                 each_of(graphs_, [&](const Graphs& of) { return has(of.fingerprints, fingerprint); }), all_of(models_),
                 each_of(machines_, [&](const Machine& of) { return !device || has(of.devices, *device); }));
}

std::size_t SettingBook::bytes() const {
  return workflows_.bytes() + graphs_.bytes() + models_.bytes() + machines_.bytes() + rows_.size() * sizeof(Row) +
         slots_.size() * sizeof(std::uint32_t);
}

void SettingBook::index() {
  // Between a quarter and half of them are taken.
  slots_.assign(std::max(kLeastSlots, std::bit_ceil(2 * (rows_.size() + 1))), 0);
  for (std::size_t id = 0; id < rows_.size(); ++id) slot_of(rows_[id]) = static_cast<std::uint32_t>(id) + 1;
}

// Where it stands, or the free slot where it would.
std::uint32_t& SettingBook::slot_of(const Row& row) {
  base::Hash64 hash;
  for (const std::uint32_t number : row) hash.mix(number);
  for (std::size_t at = hash.value();; ++at) {
    std::uint32_t& slot = slots_[at & (slots_.size() - 1)];
    if (slot == 0 || rows_[slot - 1] == row) return slot;
  }
}

std::uint32_t SettingBook::id_of(const Setting& setting) {
  if (slots_.size() < 2 * (rows_.size() + 1)) index();
  const Row row{workflows_.id_of<Workflow>(setting), graphs_.id_of<Graphs>(setting), models_.id_of<Models>(setting),
                machines_.id_of<Machine>(setting)};
  std::uint32_t& slot = slot_of(row);
  if (slot != 0) return slot - 1;
  rows_.push_back(row);
  slot = static_cast<std::uint32_t>(rows_.size());
  return slot - 1;
}

}  // namespace comfytrace::history::columns

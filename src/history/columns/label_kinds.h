#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

#include "history/columns/label_book.h"
#include "history/columns/stable_vector.h"

namespace comfytrace::history::columns {

// The labels of a book by one part of them: those that are alike in it have one number. Numbers are given as somebody
// asks for them, and once: there are as many labels as there are stories, and each is read from another place in
// memory. Any thread.
class LabelKinds {
 public:
  using Part = std::string_view (*)(const LabelView& label);
  explicit LabelKinds(Part part) : part_(part) {}

  // What one caller may look at: the first `labels` of the book. As long as the kinds and the book.
  class View {
   public:
    [[nodiscard]] std::size_t labels() const { return labels_; }
    [[nodiscard]] std::size_t kinds() const { return kinds_; }
    [[nodiscard]] std::uint32_t kind_of(std::uint32_t label) const { return all_->kind_of_[label]; }
    // The part that they have in common.
    [[nodiscard]] std::string_view part(std::uint32_t kind) const { return all_->part_((*book_)[first(kind)]); }
    // The first label of the kind.
    [[nodiscard]] std::uint32_t first(std::uint32_t kind) const { return all_->first_[kind]; }

   private:
    friend class LabelKinds;
    View(const LabelKinds* all, const LabelBook* book, std::size_t labels, std::size_t kinds)
        : all_(all), book_(book), labels_(labels), kinds_(kinds) {}
    const LabelKinds* all_;
    const LabelBook* book_;
    std::size_t labels_;
    std::size_t kinds_;
  };
  // `book` is always the same.
  [[nodiscard]] View view(const LabelBook& book, std::size_t labels) const;
  // About what it takes.
  [[nodiscard]] std::size_t bytes() const { return kind_of_.size() * 4 + first_.size() * 10; }

 private:
  [[nodiscard]] std::uint32_t& slot_of(const LabelBook& book, std::string_view part) const;
  void index(const LabelBook& book) const;

  const Part part_;
  mutable std::mutex mutex_;  // of whoever gives numbers; those that were given stay
  mutable StableVector<std::uint32_t> kind_of_;
  mutable StableVector<std::uint32_t> first_;
  // Where a part's hash leads to: its number + 1, or 0; else in one of the next.
  mutable std::vector<std::uint32_t> slots_;
};

}  // namespace comfytrace::history::columns

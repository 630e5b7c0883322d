#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"

namespace comfytrace::base {

enum class ErrorCode {
  invalid,      // the input is malformed: the sender must change it
  not_found,    // what was asked for does not exist
  conflict,     // it exists already, or somebody else holds it
  unavailable,  // cannot be had now; the same call may succeed later
  too_large,    // over a bound of ours
  denied,       // not allowed
  corrupt,      // stored data that cannot be read back
  internal,     // an operation failed in a way its caller cannot mend
};

// A fault of the world. `message` is a sentence for people; `field` names the offending input (a JSON path, a
// flag, a query parameter) where there is one; `mend` says what to do, where we know it.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;
  std::string field = {};
  std::string mend = {};

  // "field: message (mend)", leaving out what is empty.
  [[nodiscard]] std::string sentence() const;
};

// A value or an Error. Reading the absent one is a fault of ours (CHECK).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] T& value() & {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && {
    CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return *std::get_if<1>(&state_);
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  [[nodiscard]] bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const {
    CHECK(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

}  // namespace comfytrace::base

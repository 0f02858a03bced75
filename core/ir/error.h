// The one exception type of Octet. It carries what a user needs: what happened, where, and what to do about
// it.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>

namespace octet {

/// What went wrong, as a closed set: the JavaScript API exposes these names as the union `OctetErrorCode`.
enum class ErrorCode : uint8_t {
  InvalidFile,          ///< The bytes are not a well-formed file of the expected format.
  UnsupportedOperator,  ///< The model holds operators, or variants of them, that Octet does not know.
  UnsupportedModel,  ///< The model is well-formed but of a kind Octet cannot process (control flow, strings,
                     ///< ...).
  InvalidShape,      ///< A shape is inconsistent, dynamic without a given size, or too large.
  InvalidInput,      ///< A tensor or image handed in does not fit the model.
  InvalidConfig,     ///< Quantization settings contradict each other or the target.
  EmptyCalibration,  ///< Calibration was asked for with no sample.
  Cancelled,         ///< The caller's AbortSignal fired.
  OutOfMemory,       ///< An allocation did not fit.
  Internal,          ///< A defect of Octet itself.
};

/// The name of `code` in the JavaScript API, e.g. "INVALID_FILE".
const char* to_string(ErrorCode code);

/// Where an error happened; every field is optional and in the user's own names.
struct ErrorLocation {
  std::string node = {};
  std::string tensor = {};
  std::string input = {};
  std::optional<uint64_t> byte_offset = {};
};

/// Thrown by every layer of the core; caught once, at the binding.
class Error : public std::exception {
 public:
  /// `message` says what happened in one sentence; `hint` says what the user can do, or is empty.
  Error(ErrorCode code, std::string message, ErrorLocation where = {}, std::string hint = {});

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const ErrorLocation& where() const { return where_; }
  const std::string& hint() const { return hint_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
  ErrorLocation where_;
  std::string hint_;
};

}  // namespace octet

#include "ir/error.h"

#include <utility>

namespace octet {

const char* to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidFile:
      return "INVALID_FILE";
    case ErrorCode::UnsupportedOperator:
      return "UNSUPPORTED_OPERATOR";
    case ErrorCode::UnsupportedModel:
      return "UNSUPPORTED_MODEL";
    case ErrorCode::InvalidShape:
      return "INVALID_SHAPE";
    case ErrorCode::InvalidInput:
      return "INVALID_INPUT";
    case ErrorCode::InvalidConfig:
      return "INVALID_CONFIG";
    case ErrorCode::EmptyCalibration:
      return "EMPTY_CALIBRATION";
    case ErrorCode::Cancelled:
      return "CANCELLED";
    case ErrorCode::OutOfMemory:
      return "OUT_OF_MEMORY";
    case ErrorCode::Internal:
      return "INTERNAL";
  }
  return "INTERNAL";
}

Error::Error(ErrorCode code, std::string message, ErrorLocation where, std::string hint)
    : code_(code), message_(std::move(message)), where_(std::move(where)), hint_(std::move(hint)) {}

}  // namespace octet

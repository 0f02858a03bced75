// What the .tflite reader says about a file that it refuses.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "formats/tflite/reader.h"

namespace octet::test {

/// The error that reading `file` throws, or nothing.
inline std::optional<Error> error_of(const Bytes& file, const formats::ImportOptions& options = {}) {
  try {
    formats::tflite::read(file, options);
  } catch (const Error& error) {
    return error;
  }
  return {};
}

inline void expect_error(const Bytes& file, ErrorCode code, const std::vector<std::string>& words,
                         const formats::ImportOptions& options = {}) {
  const std::optional<Error> error = error_of(file, options);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code(), code) << error->message();
  for (const std::string& word : words) {
    EXPECT_NE(error->message().find(word), std::string::npos) << error->message();
  }
}

}  // namespace octet::test

// Loads tests/vectors/<operator>.json: one-operator models with inputs and the outputs that TFLite's
// reference kernels gave for them, recorded by tests/interop/record_vectors.py.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ir/tensor.h"

namespace octet::test {

/// One tensor's contents as recorded.
struct RecordedTensor {
  std::string dtype;  ///< NumPy's name.
  std::vector<int32_t> shape;
  Bytes data;
};

struct RecordedCase {
  std::string name;
  Bytes model;  ///< A .tflite file.
  std::vector<RecordedTensor> inputs;
  std::vector<RecordedTensor> outputs;
};

/// Decodes standard base64 with padding; throws std::invalid_argument on anything else.
inline Bytes from_base64(std::string_view text) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  while (!text.empty() && text.back() == '=') text.remove_suffix(1);
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  uint32_t pending = 0;
  int bits = 0;
  for (const char digit : text) {
    const size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) throw std::invalid_argument("not base64");
    pending = (pending << 6) | static_cast<uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<std::byte>((pending >> bits) & 0xff));
    }
  }
  return bytes;
}

/// The names of the recorded operators in lower case, sorted.
inline std::vector<std::string> recorded_operators() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(OCTET_VECTORS)) {
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

inline std::vector<RecordedCase> load_vectors(const std::string& operator_name) {
  std::ifstream file(std::filesystem::path(OCTET_VECTORS) / (operator_name + ".json"));
  const auto tensors = [](const nlohmann::json& list) {
    std::vector<RecordedTensor> result;
    for (const auto& tensor : list) {
      result.push_back({.dtype = tensor.at("dtype"),
                        .shape = tensor.at("shape"),
                        .data = from_base64(tensor.at("data").get<std::string>())});
    }
    return result;
  };
  std::vector<RecordedCase> cases;
  const nlohmann::json document = nlohmann::json::parse(file);
  for (const auto& entry : document.at("cases")) {
    cases.push_back({.name = entry.at("name"),
                     .model = from_base64(entry.at("model").get<std::string>()),
                     .inputs = tensors(entry.at("inputs")),
                     .outputs = tensors(entry.at("outputs"))});
  }
  return cases;
}

}  // namespace octet::test

// Real models that the tests run on where they are installed: npm's development packages and the embedded
// sample.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "ir/tensor.h"

namespace octet::test {

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> chars((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto* bytes = reinterpret_cast<const std::byte*>(chars.data());
  return Bytes(bytes, bytes + chars.size());
}

/// Every .tflite file below node_modules/@mediapipe and web/public/samples, sorted; empty where neither is
/// there.
inline std::vector<std::filesystem::path> real_models() {
  std::vector<std::filesystem::path> models;
  for (const char* folder : {"node_modules/@mediapipe", "web/public/samples"}) {
    const std::filesystem::path root = std::filesystem::path(OCTET_SOURCE) / folder;
    if (!std::filesystem::exists(root)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
      if (entry.path().extension() == ".tflite") models.push_back(entry.path());
    }
  }
  std::sort(models.begin(), models.end());
  return models;
}

}  // namespace octet::test

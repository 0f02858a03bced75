#include "values.h"

#include "json/value.h"

namespace octet::binding {

Bytes bytes_of(const val& array) {
  Bytes bytes(array["length"].as<size_t>());
  val(emscripten::typed_memory_view(bytes.size(), reinterpret_cast<uint8_t*>(bytes.data())))
      .call<void>("set", array);
  return bytes;
}

val copy_of(std::span<const std::byte> bytes) {
  return val(emscripten::typed_memory_view(bytes.size(), reinterpret_cast<const uint8_t*>(bytes.data())))
      .call<val>("slice");
}

std::vector<Bytes> Argument<std::vector<Bytes>>::of(const val& arrays) {
  std::vector<Bytes> contents;
  const auto count = arrays["length"].as<size_t>();
  for (size_t i = 0; i < count; ++i) contents.push_back(bytes_of(arrays[i]));
  return contents;
}

val to_javascript(const std::vector<std::string>& names) {
  return to_javascript(to_string(json::Value(names)));
}

val to_javascript(formats::Format format) {
  return to_javascript(to_string(json::Value(formats::to_string(format))));
}

}  // namespace octet::binding

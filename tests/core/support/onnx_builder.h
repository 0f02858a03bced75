// Writes .onnx messages field by field, well-formed or not.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <protozero/pbf_writer.hpp>
#include <span>
#include <string>
#include <vector>

#include "ir/tensor.h"

namespace octet::test::onnx {

/// A message: what `write` puts into it.
inline std::string message(const std::function<void(protozero::pbf_writer&)>& write) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  write(writer);
  return bytes;
}

inline std::string opset(int64_t version, const std::string& domain = "") {
  return message([&](auto& w) {
    if (!domain.empty()) w.add_string(1, domain);
    w.add_int64(2, version);
  });
}

/// A TensorProto with raw contents.
template <class T>
std::string raw_tensor(const std::string& name, int32_t type, const std::vector<int64_t>& dims,
                       const std::vector<T>& values) {
  return message([&](auto& w) {
    for (const int64_t dim : dims) w.add_int64(1, dim);
    w.add_int32(2, type);
    w.add_string(8, name);
    w.add_bytes(9, reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  });
}

/// A ValueInfoProto of float32; a dimension below 0 is open.
inline std::string value(const std::string& name, const std::vector<int64_t>& dims, int32_t type = 1) {
  const std::string shape = message([&](auto& w) {
    for (const int64_t dim : dims)
      w.add_message(1, message([&](auto& d) {
                      if (dim < 0)
                        d.add_string(2, "open");
                      else
                        d.add_int64(1, dim);
                    }));
  });
  const std::string tensor = message([&](auto& w) {
    w.add_int32(1, type);
    w.add_message(2, shape);
  });
  return message([&](auto& w) {
    w.add_string(1, name);
    w.add_message(2, message([&](auto& t) { t.add_message(1, tensor); }));
  });
}

/// An AttributeProto.
inline std::string integer_attribute(const std::string& name, int64_t number) {
  return message([&](auto& w) {
    w.add_string(1, name);
    w.add_int64(3, number);
    w.add_int32(20, 2);
  });
}
inline std::string integers_attribute(const std::string& name, const std::vector<int64_t>& numbers) {
  return message([&](auto& w) {
    w.add_string(1, name);
    for (const int64_t number : numbers) w.add_int64(8, number);
    w.add_int32(20, 7);
  });
}

inline std::string node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs,
                        const std::vector<std::string>& attributes = {}, const std::string& name = "") {
  return message([&](auto& w) {
    for (const std::string& input : inputs) w.add_string(1, input);
    for (const std::string& output : outputs) w.add_string(2, output);
    if (!name.empty()) w.add_string(3, name);
    w.add_string(4, op);
    for (const std::string& attribute : attributes) w.add_message(5, attribute);
  });
}

/// What a graph is made of: messages.
struct GraphParts {
  std::vector<std::string> nodes = {};
  std::vector<std::string> initializers = {};
  std::vector<std::string> inputs = {};
  std::vector<std::string> outputs = {};
};

inline std::string graph(const GraphParts& parts) {
  return message([&](auto& w) {
    for (const std::string& node : parts.nodes) w.add_message(1, node);
    for (const std::string& tensor : parts.initializers) w.add_message(5, tensor);
    for (const std::string& input : parts.inputs) w.add_message(11, input);
    for (const std::string& output : parts.outputs) w.add_message(12, output);
  });
}

inline Bytes bytes_of(const std::string& text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return Bytes(first, first + text.size());
}

/// A whole file.
inline Bytes model(const GraphParts& parts, int64_t version = 17, int64_t ir_version = 8) {
  return bytes_of(message([&](auto& w) {
    w.add_int64(1, ir_version);
    w.add_message(7, graph(parts));
    w.add_message(8, opset(version));
  }));
}

}  // namespace octet::test::onnx

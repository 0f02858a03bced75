#include "formats/tflite/operator_writer.h"

#include "ir/same_padding.h"

namespace octet::formats::tflite {

void OperatorWriter::vector_operand(size_t position, std::vector<int32_t> values) {
  const int32_t count = static_cast<int32_t>(values.size());
  constants_.push_back({position, {count}, std::move(values)});
}

void OperatorWriter::scalar_operand(size_t position, int32_t value) {
  constants_.push_back({position, {}, std::vector<int32_t>{value}});
}

void OperatorWriter::pairs_operand(size_t position, const std::vector<std::array<int32_t, 2>>& pairs) {
  std::vector<int32_t> values;
  for (const auto& pair : pairs) values.insert(values.end(), pair.begin(), pair.end());
  constants_.push_back({position, {static_cast<int32_t>(pairs.size()), 2}, std::move(values)});
}

void OperatorWriter::real_operand(size_t position, float value) {
  constants_.push_back({position, {}, value});
}

schema::Padding OperatorWriter::padding(const Padding2d& padding, Spatial window, Spatial stride,
                                        Spatial dilation) const {
  if (padding == Padding2d{}) return schema::Padding::VALID;
  const Shape& input = node_.input(0).shape;
  if (padding == same_padding({input.height(), input.width()}, window, stride, dilation))
    return schema::Padding::SAME;
  inexpressible("its padding is neither SAME nor VALID.");
}

void OperatorWriter::inexpressible(const std::string& reason) const {
  throw Error(ErrorCode::UnsupportedModel,
              std::string(to_string(node_.node().op)) + " '" + node_.node().name +
                  "' cannot be written to a .tflite file: " + reason,
              {.node = node_.node().name});
}

}  // namespace octet::formats::tflite

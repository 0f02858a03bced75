// The constants of an .onnx file. Unlike tensors of a graph they may have no elements at all: ONNX writes
// absent lists so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "formats/onnx/messages.h"
#include "ir/tensor.h"

namespace octet::formats::onnx {

/// Contents with a shape that a graph's tensor need not be able to have.
struct ConstantValue {
  DType dtype = DType::Float32;
  std::vector<int64_t> dims;  ///< None below 0.
  Constant contents;          ///< Dense, row-major.
  /// The file's type where Octet's graphs have another in its place: doubles and halves are float32 here, and
  /// unsigned integers of 16 to 64 bits are int64.
  ElementType stored_as = ElementType::Undefined;

  int64_t elements() const;
};

/// The part of another file that holds a tensor's contents.
struct ExternalPart {
  std::string location;  ///< As the file names it, relative to the model's folder.
  uint64_t offset = 0;
  uint64_t length = 0;  ///< Bytes; what the tensor's shape and type need.
};

/// Gives the bytes of an external part, exactly `length` of them. Throws where there are none.
using ExternalData = std::function<Constant(const ExternalPart& part)>;

/// The element type of graphs for one of a file, or nothing for those that Octet has not: strings, complex
/// numbers, floats of 8 bits.
std::optional<DType> dtype_of(ElementType type);

/// The external part that holds a tensor, or nothing where its contents are in the file itself. Throws
/// InvalidFile where its place is no number, absolute, or outside the model's folder.
std::optional<ExternalPart> external_part_of(const TensorMessage& tensor);

/// What the message holds. Large contents stay where they are in the file. Throws InvalidFile where there are
/// more or fewer numbers than the shape has, UnsupportedModel for element types that Octet has not.
ConstantValue constant_value_of(const TensorMessage& tensor, const std::shared_ptr<const Bytes>& file,
                                const ExternalData& external);

}  // namespace octet::formats::onnx

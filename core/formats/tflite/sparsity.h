// Expands TFLite's sparse constants (a TACO-like format: dense and CSR levels, optional blocks) to dense
// ones.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "formats/tflite/schema.h"
#include "ir/tensor.h"

namespace octet::formats::tflite {

/// `values` are the stored elements of `element_size` bytes in traversal order. Returns the dense, row-major
/// contents of a tensor of `shape`. Throws InvalidFile naming `tensor` when the description contradicts
/// itself or the shape.
Bytes expand_sparse(const schema::SparsityParameters& sparsity, std::span<const std::byte> values,
                    const Shape& shape, size_t element_size, const std::string& tensor);

}  // namespace octet::formats::tflite

#include "formats/tflite/sparsity.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <vector>

namespace octet::formats::tflite {
namespace {

/// One level of the traversal, innermost last.
struct Level {
  bool compressed = false;
  int32_t extent = 0;        ///< Coordinates run over [0, extent).
  int64_t element_step = 0;  ///< Distance in the dense tensor, in elements, between neighbouring coordinates.
  std::vector<int32_t>
      segments;  ///< Compressed only: where each parent's children start in `indices`, and the end.
  std::vector<int32_t> indices;  ///< Compressed only: the children's coordinates.
};

class Expander {
 public:
  Expander(const schema::SparsityParameters& sparsity, std::span<const std::byte> values, const Shape& shape,
           size_t element_size, const std::string& tensor)
      : tensor_(tensor), values_(values), element_size_(element_size) {
    read_levels(sparsity, shape);
    dense_.resize(static_cast<size_t>(shape.elements()) * element_size);
  }

  Bytes expand() {
    visit(0, 0, 0);
    return std::move(dense_);
  }

 private:
  [[noreturn]] void invalid(const std::string& problem) const {
    throw Error(ErrorCode::InvalidFile, "The sparse constant '" + tensor_ + "' " + problem,
                {.tensor = tensor_});
  }

  void read_levels(const schema::SparsityParameters& sparsity, const Shape& shape);
  Level read_level(const schema::DimensionMetadata& metadata, int32_t extent) const;
  std::vector<int32_t> index_vector(schema::SparseIndexVector type, const void* table) const;
  void visit(size_t depth, size_t position, int64_t element);

  const std::string& tensor_;
  std::span<const std::byte> values_;
  size_t element_size_;
  std::vector<Level> levels_;
  Bytes dense_;
};

std::vector<int32_t> Expander::index_vector(schema::SparseIndexVector type, const void* table) const {
  const auto widen = [&](const auto* vector) {
    if (table == nullptr || vector == nullptr) invalid("has a compressed dimension without indices.");
    return std::vector<int32_t>(vector->begin(), vector->end());
  };
  switch (type) {
    case schema::SparseIndexVector::Int32Vector:
      return widen(static_cast<const schema::Int32Vector*>(table)->values());
    case schema::SparseIndexVector::Uint16Vector:
      return widen(static_cast<const schema::Uint16Vector*>(table)->values());
    case schema::SparseIndexVector::Uint8Vector:
      return widen(static_cast<const schema::Uint8Vector*>(table)->values());
    default:
      invalid("has a compressed dimension without indices.");
  }
}

Level Expander::read_level(const schema::DimensionMetadata& metadata, int32_t extent) const {
  Level level;
  level.extent = extent;
  if (metadata.format() == schema::DimensionType::DENSE) {
    if (metadata.dense_size() != extent) invalid("stores a dimension of another size than its shape's.");
    return level;
  }
  level.compressed = true;
  level.segments = index_vector(metadata.array_segments_type(), metadata.array_segments());
  level.indices = index_vector(metadata.array_indices_type(), metadata.array_indices());
  // Ascending segments that cover the indices once bound the number of visits by the size of the file.
  if (level.segments.empty() || level.segments.front() != 0 ||
      level.segments.back() != static_cast<int64_t>(level.indices.size()) ||
      !std::is_sorted(level.segments.begin(), level.segments.end())) {
    invalid("has segments that do not partition its indices.");
  }
  for (const int32_t index : level.indices) {
    if (index < 0 || index >= extent) invalid("has an index outside its shape.");
  }
  return level;
}

void Expander::read_levels(const schema::SparsityParameters& sparsity, const Shape& shape) {
  const auto* order = sparsity.traversal_order();
  const auto* metadata = sparsity.dim_metadata();
  const auto* block_map = sparsity.block_map();
  const size_t rank = static_cast<size_t>(shape.rank());
  const size_t blocks = block_map != nullptr ? block_map->size() : 0;
  const size_t count = rank + blocks;
  if (order == nullptr || metadata == nullptr || order->size() != count || metadata->size() != count ||
      blocks > rank) {
    invalid("does not describe each dimension of its shape.");
  }
  std::vector<size_t> level_of(count, count);  // By dimension, block dimensions last.
  for (size_t l = 0; l < count; ++l) {
    const int32_t dimension = order->Get(static_cast<uint32_t>(l));
    if (dimension < 0 || static_cast<size_t>(dimension) >= count ||
        level_of[static_cast<size_t>(dimension)] != count) {
      invalid("has a traversal order that is no permutation.");
    }
    level_of[static_cast<size_t>(dimension)] = l;
  }

  std::array<int64_t, Shape::kMaxRank> row_major = {};
  int64_t elements = 1;
  for (size_t d = rank; d-- > 0;) {
    row_major[d] = elements;
    elements *= shape[static_cast<int>(d)];
  }
  std::vector<int32_t> extents(count);
  std::vector<int64_t> steps(count);
  for (size_t d = 0; d < rank; ++d) {
    extents[d] = shape[static_cast<int>(d)];
    steps[d] = row_major[d];
  }
  for (size_t b = 0; b < blocks; ++b) {
    const int32_t mapped = block_map->Get(static_cast<uint32_t>(b));
    if (mapped < 0 || static_cast<size_t>(mapped) >= rank)
      invalid("maps a block to a dimension that it lacks.");
    const size_t d = static_cast<size_t>(mapped);
    const int32_t size = metadata->Get(static_cast<uint32_t>(level_of[rank + b]))->dense_size();
    if (size < 1 || extents[d] % size != 0) invalid("has blocks that do not tile its shape.");
    extents[rank + b] = size;
    steps[rank + b] = row_major[d];
    extents[d] /= size;
    steps[d] *= size;
  }
  for (size_t l = 0; l < count; ++l) {
    const size_t dimension = static_cast<size_t>(order->Get(static_cast<uint32_t>(l)));
    levels_.push_back(read_level(*metadata->Get(static_cast<uint32_t>(l)), extents[dimension]));
    levels_.back().element_step = steps[dimension];
  }
}

/// `position` counts the entries of the level above that were stored before this one.
void Expander::visit(size_t depth, size_t position, int64_t element) {
  if (depth == levels_.size()) {
    if (position >= values_.size() / element_size_) invalid("stores fewer values than it describes.");
    std::memcpy(dense_.data() + static_cast<size_t>(element) * element_size_,
                values_.data() + position * element_size_, element_size_);
    return;
  }
  const Level& level = levels_[depth];
  if (!level.compressed) {
    for (int32_t i = 0; i < level.extent; ++i) {
      visit(depth + 1, position * static_cast<size_t>(level.extent) + static_cast<size_t>(i),
            element + i * level.element_step);
    }
    return;
  }
  if (position + 1 >= level.segments.size()) invalid("has fewer segments than it describes.");
  for (int32_t i = level.segments[position]; i < level.segments[position + 1]; ++i) {
    visit(depth + 1, static_cast<size_t>(i),
          element + level.indices[static_cast<size_t>(i)] * level.element_step);
  }
}

}  // namespace

Bytes expand_sparse(const schema::SparsityParameters& sparsity, std::span<const std::byte> values,
                    const Shape& shape, size_t element_size, const std::string& tensor) {
  return Expander(sparsity, values, shape, element_size, tensor).expand();
}

}  // namespace octet::formats::tflite

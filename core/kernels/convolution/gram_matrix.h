// Sums of products of every pair of rows of an integer matrix: what second moments are made of.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace octet::kernels {

/// Rows have a length that is a multiple of this; the caller fills them up with zeros.
inline constexpr size_t kProductLanes = 8;
/// The longest rows: with magnitudes up to 255 their sums of products stay within 31 bits.
inline constexpr size_t kLongestProductRow = 32768;

/// products[i * count + j] += sum over k of rows[i][k] * rows[j][k], for j <= i; what lies above the diagonal
/// is left alone. Row i begins at rows + i * length; elements are within [-255, 255].
void add_products(const int16_t* rows, size_t count, size_t length, std::span<int64_t> products);

}  // namespace octet::kernels

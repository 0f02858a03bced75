// Where the results of a tile's pixels go.
#pragma once

#include <cstdint>

namespace octet::kernels {

/// Pixel p's channels begin at first + p * step.
template <class T>
struct EvenPixels {
  T* first;
  int32_t step;
  T* operator()(int p) const { return first + p * step; }
};

/// They begin at an offset of each pixel's own.
template <class T>
struct ScatteredPixels {
  T* base;
  const int32_t* offsets;
  T* operator()(int p) const { return base + offsets[p]; }
};

}  // namespace octet::kernels

// INT8 convolution as a matrix product: ordinary, grouped, pointwise, fully connected (a pointwise
// convolution over rows), and the phases of a transposed one. On dot() where the machine has it, else on
// i32x4.dot_i16x8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/convolution/convolution_plan.h"
#include "kernels/convolution/dot.h"
#include "kernels/convolution/dot_rescaling.h"
#include "kernels/convolution/panels.h"

namespace octet::kernels {

/// `Multiplier` is FixedPointMultiplier or double: see RescalingPanel.
template <class Multiplier>
class GemmInt8 {
 public:
  /// `filter` is [output_channels, kernel_height, kernel_width, input_channels / groups] with zero point 0.
  GemmInt8(const ConvolutionGeometry& geometry, std::span<const int8_t> filter, int32_t input_zero_point,
           const Int8Epilogue<Multiplier>& epilogue);

  uint64_t scratch_bytes() const { return uint64_t{plan_.packed_elements} * packed_bytes(); }
  /// `scratch` is aligned to 2 bytes and holds scratch_bytes(). Sums are exact where they fit int32.
  void run(const int8_t* input, int8_t* output, std::byte* scratch) const;

 private:
  size_t packed_bytes() const { return dot_.kernel != nullptr ? sizeof(uint8_t) : sizeof(int16_t); }
  size_t panel_weights() const {
    return plan_.runs.size() * static_cast<size_t>(steps_per_run_ * taps_per_step_) * size_t{kPanelChannels};
  }
  /// Calls compute(first panel, last panel): all at once where their weights fit the first-level cache beside
  /// the pixels that pass by, else one after the other.
  template <class Compute>
  void for_panels(const Compute& compute) const;

  /// Computes a block's output pixels in panels [first, last), by pairs.
  void compute_by_pairs(size_t first, size_t last, const int16_t* packed, int8_t* output,
                        int32_t pixels) const;
  /// Its pixels [first, last), a multiple of kPixels. kSteps as for requantize_tile.
  template <int kPixels, bool kSteps>
  void tiles(size_t first_panel, size_t last_panel, const int16_t* packed, int8_t* output, int32_t first,
             int32_t last) const;

  /// The same by dot().
  void compute_by_dot(size_t panel, const uint8_t* packed, int8_t* output, int32_t first,
                      int32_t pixels) const;
  /// Rescales and stores `pixels` pixels' sums. The first offset is of the first pixel.
  void rescale(size_t panel, const int32_t* sums, int8_t* output, const int32_t* offsets,
               int32_t pixels) const;

  Dot dot_;  ///< The one in use when the weights were packed.
  ConvolutionPlan plan_;
  int32_t input_zero_point_;
  Int8Range range_;
  std::vector<Panel> panels_;
  std::vector<RescalingPanel<Multiplier>> rescaling_;
  std::vector<std::optional<DotRescaling>> dot_rescaling_;  ///< Of each panel, for dot().
  bool has_steps_ = false;                                  ///< Whether a panel's rescaling has.
  // Panel by panel, run by run, as append_taps lays them out; only those in use.
  std::vector<int8_t> weights_;        ///< For dot().
  std::vector<int16_t> pair_weights_;  ///< For pairs: widening costs more in every tile than memory does.
  int32_t taps_per_step_;              ///< 4 by dot(), else 2.
  int32_t steps_per_run_;
  int32_t pixels_per_call_;  ///< To dot(): what they read stays in the first-level cache.
};

}  // namespace octet::kernels

#include "kernels/convolution/convolution_plan.h"

#include <algorithm>

#include "ir/error.h"
#include "ir/shape.h"

namespace octet::kernels {
namespace {

/// Elements that vector loads may touch behind the last one.
constexpr size_t kSlack = 16;

/// A pointwise convolution does not care where a row ends: as a column of single pixels its blocks may end
/// anywhere.
ConvolutionGeometry flattened(ConvolutionGeometry g) {
  const bool pointwise = g.kernel_height == 1 && g.kernel_width == 1 && g.stride_y == 1 && g.stride_x == 1 &&
                         g.origin_y == 0 && g.origin_x == 0 && g.input_height == g.output_height &&
                         g.input_width == g.output_width;
  const bool dense = g.output_row_step == g.output_width * g.output_pixel_step &&
                     g.output_batch_step == g.output_height * g.output_row_step;
  if (!pointwise || !dense) return g;
  g.input_height = g.output_height = g.batch * g.input_height * g.input_width;
  g.input_width = g.output_width = g.batch = 1;
  g.output_row_step = g.output_pixel_step;
  g.output_batch_step = g.output_height * g.output_pixel_step;
  return g;
}

void add_runs(ConvolutionPlan& plan, TapLayout taps) {
  const ConvolutionGeometry& g = plan.geometry;
  const int32_t row = plan.packed_width * plan.packed_channels;
  const bool whole_rows = taps == TapLayout::Runs && g.dilation_x == 1 && g.groups == 1;
  plan.run_length = whole_rows ? g.kernel_width * plan.packed_channels : plan.packed_channels / g.groups;
  for (int32_t y = 0; y < g.kernel_height; ++y) {
    for (int32_t x = 0; x < (whole_rows ? std::min(g.kernel_width, 1) : g.kernel_width); ++x) {
      plan.runs.push_back(y * g.dilation_y * row + x * g.dilation_x * plan.packed_channels);
    }
  }
}

}  // namespace

ConvolutionGeometry with_dense_output(ConvolutionGeometry geometry) {
  geometry.output_offset = 0;
  geometry.output_pixel_step = geometry.output_channels;
  geometry.output_row_step = geometry.output_width * geometry.output_pixel_step;
  geometry.output_batch_step = geometry.output_height * geometry.output_row_step;
  return geometry;
}

ConvolutionPlan plan_convolution(const ConvolutionGeometry& geometry, TapLayout taps, size_t element_bytes,
                                 int32_t channel_repeats, size_t block_bytes) {
  ConvolutionPlan plan;
  plan.geometry = flattened(geometry);
  const ConvolutionGeometry& g = plan.geometry;
  plan.channel_repeats = channel_repeats;
  plan.packed_channels = g.input_channels * channel_repeats;

  const int64_t width =
      int64_t{g.output_width - 1} * g.stride_x + int64_t{g.kernel_width - 1} * g.dilation_x + 1;
  const int64_t rows = int64_t{g.kernel_height - 1} * g.dilation_y + 1;
  const int64_t row = width * plan.packed_channels;
  if (width > Shape::kMaxElements || row > Shape::kMaxElements ||
      std::max<int64_t>(row, 1) * std::max<int64_t>(rows, 1) > Shape::kMaxElements) {
    throw Error(ErrorCode::InvalidShape, "The padded input of a convolution has more than " +
                                             std::to_string(Shape::kMaxElements) + " elements.");
  }
  plan.packed_width = static_cast<int32_t>(std::max<int64_t>(width, 0));

  const int64_t budget_rows = static_cast<int64_t>(block_bytes / element_bytes) / std::max<int64_t>(row, 1);
  plan.rows_per_block =
      static_cast<int32_t>(std::clamp<int64_t>((budget_rows - rows) / g.stride_y + 1, 1, g.output_height));

  for (int32_t y = 0; y < plan.rows_per_block; ++y) {
    for (int32_t x = 0; x < g.output_width; ++x) {
      plan.input_offsets.push_back((y * g.stride_y * plan.packed_width + x * g.stride_x) *
                                   plan.packed_channels);
      plan.output_offsets.push_back(y * g.output_row_step + x * g.output_pixel_step);
    }
  }
  add_runs(plan, taps);
  if (plan.has_taps()) {
    plan.packed_elements = static_cast<size_t>(plan.packed_rows(plan.rows_per_block)) *
                               static_cast<size_t>(plan.packed_width) *
                               static_cast<size_t>(plan.packed_channels) +
                           kSlack;
  }
  return plan;
}

}  // namespace octet::kernels

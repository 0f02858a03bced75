#include "kernels/convolution/depthwise_in_place.h"

#include <algorithm>

#include "kernels/panel.h"

namespace octet::kernels {
namespace {

constexpr int32_t kTile = FusedDepthwise::kTile;

int32_t rounded_up(int32_t dividend, int32_t divisor) { return (dividend + divisor - 1) / divisor; }

}  // namespace

DepthwiseInPlace::DepthwiseInPlace(const ConvolutionGeometry& g)
    : geometry_(g),
      reach_((kTile - 1) * g.stride_x + g.kernel_width),
      tiles_(rounded_up(g.output_width, kTile)) {
  const int32_t step = kTile * g.stride_x;
  // A partial panel's vectors reach into the next pixel.
  const int32_t columns = g.input_width - (g.input_channels % kPanelChannels == 0 ? 0 : 1);
  const int32_t last_start = columns - reach_ - g.origin_x;
  begin_ = std::min(rounded_up(std::max(-g.origin_x, 0), step), tiles_);
  end_ = last_start < 0 ? begin_
                        : std::clamp(last_start / step + 1, begin_, std::max(g.output_width / kTile, begin_));
}

uint64_t DepthwiseInPlace::scratch_elements() const {
  return static_cast<uint64_t>(geometry_.kernel_height) * static_cast<uint64_t>(reach_) *
             static_cast<uint64_t>(geometry_.input_channels) +
         kPanelChannels;
}

void DepthwiseInPlace::copy_window(const float* source, int64_t row_step, int32_t rows, int32_t first,
                                   float* window) const {
  const int64_t pixel = geometry_.input_channels;
  const int32_t begin = std::clamp(-first, 0, reach_);
  const int32_t end = std::clamp(geometry_.input_width - first, begin, reach_);
  for (; rows > 0; --rows, source += row_step, window += reach_ * pixel) {
    std::fill_n(window, begin * pixel, 0.0f);
    std::copy_n(source + (first + begin) * pixel, (end - begin) * pixel, window + begin * pixel);
    std::fill_n(window + end * pixel, (reach_ - end) * pixel, 0.0f);
  }
}

void DepthwiseInPlace::row(FusedDepthwiseKernel kernel, FusedDepthwise& task, const float* image, int32_t y,
                           float* output, float* scratch) const {
  const ConvolutionGeometry& g = geometry_;
  const int32_t image_row = g.input_width * g.input_channels;
  // Rows of padding add nothing.
  const int32_t top = g.origin_y + y * g.stride_y;
  const int32_t first = std::clamp(rounded_up(std::max(-top, 0), g.dilation_y), 0, g.kernel_height);
  const int32_t last =
      std::clamp(rounded_up(std::max(g.input_height - top, 0), g.dilation_y), first, g.kernel_height);
  const float* source = first == last ? image : image + int64_t{top + first * g.dilation_y} * image_row;
  const float* weights = task.weights;
  task.weights += first * g.kernel_width * kPanelChannels;
  task.kernel_height = last - first;

  task.pixel_step = g.input_channels;
  task.row_step = image_row;
  task.dilation_y = g.dilation_y;
  task.input = source + (g.origin_x + begin_ * kTile * g.stride_x) * g.input_channels;
  task.output = output + begin_ * kTile * g.output_pixel_step;
  task.output_width = (end_ - begin_) * kTile;
  kernel(&task);

  task.row_step = reach_ * g.input_channels;
  task.dilation_y = 1;
  task.input = scratch;
  for (int32_t tile = begin_ == 0 ? end_ : 0; tile < tiles_; tile = tile + 1 == begin_ ? end_ : tile + 1) {
    copy_window(source, int64_t{image_row} * g.dilation_y, task.kernel_height,
                g.origin_x + tile * kTile * g.stride_x, scratch);
    task.output = output + tile * kTile * g.output_pixel_step;
    task.output_width = std::min(kTile, g.output_width - tile * kTile);
    kernel(&task);
  }
  task.weights = weights;
}

void DepthwiseInPlace::run(FusedDepthwiseKernel kernel, FusedDepthwise task, const float* input,
                           float* output, float* scratch) const {
  const ConvolutionGeometry& g = geometry_;
  task.kernel_width = g.kernel_width;
  task.stride_y = g.stride_y;
  task.stride_x = g.stride_x;
  task.channels = g.input_channels;
  task.output_height = 1;
  task.output_row_step = g.output_row_step;
  task.output_pixel_step = g.output_pixel_step;
  for (int32_t b = 0; b < g.batch; ++b, input += int64_t{g.input_height} * g.input_width * g.input_channels) {
    float* image = output + int64_t{g.output_offset} + int64_t{b} * g.output_batch_step;
    for (int32_t y = 0; y < g.output_height; ++y) {
      row(kernel, task, input, y, image + int64_t{y} * g.output_row_step, scratch);
    }
  }
}

}  // namespace octet::kernels

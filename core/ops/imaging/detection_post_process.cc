// DETECTION_POST_PROCESS: a detector's raw numbers to boxes, by decoding against anchors and non-maximum
// suppression. TFLite's custom operator TFLite_Detection_PostProcess is one, MediaPipe's detectors end in
// one.
#include <array>
#include <cmath>
#include <string>

#include "kernels/imaging/detection.h"
#include "ops/inference.h"

namespace octet::ops {
namespace {

/// Boxes and rows together; more would not fit 32-bit addresses with what is kept of each.
constexpr int64_t kMostBoxes = int64_t{1} << 24;

void expect_matrix(const NodeView& node, size_t i, int rank) {
  expect_rank(node, i, rank);
  const Tensor& input = node.input(i);
  if (input.dtype != DType::Float32)
    node.fail("input '" + input.name + "' is " + std::string(to_string(input.dtype)) +
              "; float32 is expected.");
  if (rank == 3 && input.shape[0] != 1)
    node.fail("input '" + input.name + "' is a batch of " + std::to_string(input.shape[0]) +
              "; one is expected.");
}

void expect_positive(const NodeView& node, int32_t value, const char* what) {
  if (value < 1) node.fail(std::string(what) + " is " + std::to_string(value) + "; at least 1 is expected.");
}

void check_settings(const NodeView& node, const DetectionPostProcess& attributes) {
  expect_positive(node, attributes.classes, "its number of classes");
  expect_positive(node, attributes.max_detections, "its number of detections");
  expect_positive(node, attributes.classes_per_detection, "its number of classes a detection");
  expect_positive(node, attributes.detections_per_class, "its number of detections a class");
  if (attributes.keypoints < 0) node.fail("its number of keypoints is negative.");
  if (std::isnan(attributes.score_threshold)) node.fail("its score threshold is no number.");
  if (!(attributes.overlap_threshold > 0 && attributes.overlap_threshold <= 1))
    node.fail("its overlap threshold is not above 0 and at most 1.");
  for (const float scale : {attributes.y_scale, attributes.x_scale, attributes.h_scale, attributes.w_scale}) {
    if (!std::isfinite(scale) || scale == 0) node.fail("it has a scale that is 0 or not finite.");
  }
  if (attributes.weighted && attributes.per_class)
    node.fail("it takes weighted means, which boxes that compete per class do not have.");
}

void check_operands(const NodeView& node, const DetectionPostProcess& attributes) {
  for (size_t i = 0; i < 2; ++i) expect_matrix(node, i, 3);
  expect_matrix(node, 2, 2);
  const Shape& boxes = node.input(0).shape;
  const Shape& scores = node.input(1).shape;
  const Shape& anchors = node.input(2).shape;
  const int64_t values = 4 + 2 * int64_t{attributes.keypoints};
  if (boxes[2] < values) {
    node.fail("its boxes have " + std::to_string(boxes[2]) + " numbers each; " + std::to_string(values) +
              " are expected, 4 and 2 a keypoint.");
  }
  if (scores[1] != boxes[1] || anchors[0] != boxes[1] || anchors[1] != 4) {
    node.fail("it has " + std::to_string(boxes[1]) + " boxes, scores of shape " + to_string(scores) +
              " and anchors of shape " + to_string(anchors) + ", which do not fit.");
  }
  if (scores[2] != attributes.classes && scores[2] - 1 != attributes.classes) {
    node.fail("it has " + std::to_string(scores[2]) + " scores a box for " +
              std::to_string(attributes.classes) + " classes; one more, of the background, is the most.");
  }
}

std::vector<TensorType> infer(const NodeView& node) {
  const DetectionPostProcess& attributes = node.attributes<DetectionPostProcess>();
  check_settings(node, attributes);
  check_operands(node, attributes);
  const int64_t rows = int64_t{attributes.max_detections} * attributes.classes_per_detection;
  if (rows + node.input(0).shape[1] > kMostBoxes)
    node.fail("it has more than " + std::to_string(kMostBoxes) + " boxes and detections.");
  std::vector<TensorType> types;
  const auto add = [&](std::vector<int64_t> dims) {
    types.push_back({DType::Float32, output_shape(node, dims)});
  };
  add({1, rows, 4});
  add({1, rows});
  add({1, rows});
  add({1});
  if (attributes.keypoints > 0) add({1, rows, attributes.keypoints, 2});
  return types;
}

class DetectionKernel final : public Kernel {
 public:
  explicit DetectionKernel(const NodeView& node)
      : processor_(node.attributes<DetectionPostProcess>(), extent(node.input(0), 1),
                   extent(node.input(0), 2), extent(node.input(1), 2)) {}

  uint64_t scratch_bytes() const override { return processor_.scratch_bytes(); }

  void run(const KernelArguments& arguments) const override {
    const kernels::RawDetections raw = {arguments.input<float>(0), arguments.input<float>(1),
                                        arguments.input<float>(2)};
    const kernels::Detections out = {arguments.output<float>(0), arguments.output<float>(1),
                                     arguments.output<float>(2), arguments.output<float>(3),
                                     arguments.outputs.size() > 4 ? arguments.output<float>(4) : nullptr};
    processor_(raw, out, arguments.scratch);
  }

 private:
  static size_t extent(const Tensor& tensor, int axis) { return static_cast<size_t>(tensor.shape[axis]); }

  kernels::DetectionPostProcessor processor_;
};

std::unique_ptr<Kernel> prepare(const NodeView& node) { return std::make_unique<DetectionKernel>(node); }

}  // namespace

extern const Operator detection_post_process = {
    .kind = OpKind::DetectionPostProcess,
    .infer = infer,
    .kernels = {.f32 = prepare},
    .quantization = {.output = OutputQuantization::NotQuantized},
    .cvu = true,
    .short_name = "Detection post process",
    .elements = Elements::Computed,
    .axes = AxisRule::Fixed,
    .derivative = Derivative::None,
    .passes_channel_factors = never,
    .identity = Identity{never},
    .rescales = never,
    .multiply_accumulates = no_products,
    .fused_as = std::nullopt,
    .decomposition = nullptr,
};

}  // namespace octet::ops

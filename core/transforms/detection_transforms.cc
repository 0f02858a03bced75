// Boxes from what detectors with anchors compute.
#include <array>
#include <string>
#include <utility>

#include "transforms/anchors.h"
#include "transforms/transform_table.h"

namespace octet::transforms {
namespace {

constexpr std::array<std::string_view, 2> kCodings = {"exponential", "linear"};

/// n x 4: centre y, centre x, height, width; given one by one, or as grids over the input.
TensorId anchors_of(Network& network, Fields& fields) {
  std::vector<float> anchors;
  if (fields.has("anchors")) {
    for (const std::vector<double>& anchor : fields.rows("anchors", 4)) {
      for (const double value : anchor) anchors.push_back(static_cast<float>(value));
    }
  } else {
    const std::vector<int32_t> size = fields.integers("inputSize");
    if (size.size() != 2) fields.fail({"'inputSize' needs a height and a width."});
    std::vector<AnchorGrid> grids;
    // Numbers above what a grid can have are refused with it.
    for (const std::vector<double>& row : fields.rows("anchorGrids", 2))
      grids.push_back({fields.whole("anchorGrids", row[0]), fields.whole("anchorGrids", row[1])});
    anchors = grid_anchors({size[0], size[1]}, grids);
  }
  const auto count = static_cast<int32_t>(anchors.size() / 4);
  return network.constant({count, 4}, anchors);
}

DetectionPostProcess settings_of(Fields& fields) {
  DetectionPostProcess settings;
  settings.coding = static_cast<BoxCoding>(fields.choice("coding", kCodings, 0));
  settings.classes = fields.integer("classes", settings.classes);
  settings.max_detections = fields.integer("maxDetections");
  settings.classes_per_detection = fields.integer("classesPerDetection", settings.classes_per_detection);
  settings.detections_per_class = fields.integer("detectionsPerClass", settings.detections_per_class);
  settings.keypoints = fields.integer("keypoints", 0);
  settings.score_threshold = static_cast<float>(fields.number("scoreThreshold", 0));
  settings.overlap_threshold = static_cast<float>(fields.number("overlapThreshold", 0.5));
  settings.per_class = fields.boolean("perClass", false);
  settings.logits = fields.boolean("logits", false);
  settings.weighted = fields.boolean("weighted", false);
  if (fields.has("scales")) {
    const std::vector<double> scales = fields.rows("scales", 4)[0];
    settings.y_scale = static_cast<float>(scales[0]);
    settings.x_scale = static_cast<float>(scales[1]);
    settings.h_scale = static_cast<float>(scales[2]);
    settings.w_scale = static_cast<float>(scales[3]);
  }
  return settings;
}

std::vector<TensorId> box_decoding(Network& network, Fields& fields, std::span<const TensorId> operands) {
  const DetectionPostProcess settings = settings_of(fields);
  const TensorId anchors = anchors_of(network, fields);
  return network.add_many(OpKind::DetectionPostProcess, settings, {operands[0], operands[1], anchors},
                          settings.keypoints > 0 ? 5 : 4);
}

constexpr TransformRow kRows[] = {
    {"boxDecoding", box_decoding, 2},
};

}  // namespace

std::span<const TransformRow> detection_transforms() { return kRows; }

}  // namespace octet::transforms

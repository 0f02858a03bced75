// TFLite_Detection_PostProcess, the custom operator at the end of SSD models. Its options are a FlexBuffers
// map (tensorflow/lite/kernels/detection_postprocess.cc).

// Else numbers in strings, which are refused here, would be read with FlatBuffers' compiled library.
#define FLATBUFFERS_LOCALE_INDEPENDENT 0
#include <flatbuffers/flexbuffers.h>

#include <string>

#include "formats/tflite/row_helpers.h"

namespace octet::formats::tflite {
namespace {

flexbuffers::Map options_of(const OperatorReader& reader) {
  const std::span<const uint8_t> bytes = reader.custom_options();
  if (bytes.empty() || !flexbuffers::VerifyBuffer(bytes.data(), bytes.size()))
    reader.invalid("its options are damaged.");
  const flexbuffers::Reference root = flexbuffers::GetRoot(bytes.data(), bytes.size());
  if (!root.IsMap()) reader.invalid("its options are no map.");
  return root.AsMap();
}

Attributes read_detection(const OperatorReader& reader) {
  const flexbuffers::Map options = options_of(reader);
  const auto integer = [&](const char* name) {
    const flexbuffers::Reference value = options[name];
    const bool fits = value.IsIntOrUint() && value.AsInt64() == value.AsInt32();
    if (!fits) reader.invalid(std::string("its option ") + name + " is missing or no integer.");
    return value.AsInt32();
  };
  const auto real = [&](const char* name) {
    const flexbuffers::Reference value = options[name];
    if (!value.IsNumeric()) reader.invalid(std::string("its option ") + name + " is missing or no number.");
    return value.AsFloat();
  };
  DetectionPostProcess detection;
  detection.classes = integer("num_classes");
  detection.max_detections = integer("max_detections");
  detection.classes_per_detection = integer("max_classes_per_detection");
  if (!options["detections_per_class"].IsNull())
    detection.detections_per_class = integer("detections_per_class");
  detection.per_class = options["use_regular_nms"].AsBool();
  detection.score_threshold = real("nms_score_threshold");
  detection.overlap_threshold = real("nms_iou_threshold");
  detection.y_scale = real("y_scale");
  detection.x_scale = real("x_scale");
  detection.h_scale = real("h_scale");
  detection.w_scale = real("w_scale");
  return detection;
}

void write_detection(OperatorWriter& writer) {
  const DetectionPostProcess& detection = writer.attributes<DetectionPostProcess>();
  flexbuffers::Builder builder;
  builder.Map([&] {
    builder.Int("num_classes", detection.classes);
    builder.Int("max_detections", detection.max_detections);
    builder.Int("max_classes_per_detection", detection.classes_per_detection);
    builder.Int("detections_per_class", detection.detections_per_class);
    builder.Bool("use_regular_nms", detection.per_class);
    builder.Float("nms_score_threshold", detection.score_threshold);
    builder.Float("nms_iou_threshold", detection.overlap_threshold);
    builder.Float("y_scale", detection.y_scale);
    builder.Float("x_scale", detection.x_scale);
    builder.Float("h_scale", detection.h_scale);
    builder.Float("w_scale", detection.w_scale);
  });
  builder.Finish();
  writer.set_custom_options(builder.GetBuffer());
}

bool is_of_tflite(const NodeView& node) {
  const DetectionPostProcess& detection = node.attributes<DetectionPostProcess>();
  return detection.coding == BoxCoding::Exponential && detection.keypoints == 0 && !detection.logits &&
         !detection.weighted;
}

constexpr OperatorRow kRows[] = {
    {OpKind::DetectionPostProcess,
     schema::BuiltinOperator::CUSTOM,
     1,
     {},
     read_detection,
     write_detection,
     version_1,
     "TFLite_Detection_PostProcess",
     is_of_tflite},
};

}  // namespace

std::span<const OperatorRow> detection_rows() { return kRows; }

}  // namespace octet::formats::tflite

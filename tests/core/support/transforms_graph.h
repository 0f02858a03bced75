// A graph of the operators of pre- and post-processing, for tests of the one format that holds them.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "support/graph_builder.h"

namespace octet::test {

/// One node of each, all of whose results are outputs.
inline Graph transforms_graph() {
  GraphBuilder builder;
  const auto add = [&](OpKind op, Attributes attributes, std::vector<TensorId> inputs, size_t outputs = 1) {
    const std::vector<TensorId> ids = builder.node(op, std::move(attributes), std::move(inputs),
                                                   std::vector<std::optional<QuantParams>>(outputs));
    for (const TensorId id : ids) builder.output(id);
    return ids[0];
  };
  const TensorId frame = builder.input("frame", {1, 24}, DType::UInt8);
  TensorId x = add(OpKind::ChromaUpsample, ChromaUpsample{{3, 4}, ChromaSampling::Yuv422}, {frame});
  x = add(OpKind::ColorConversion, ColorConversion{ColorChange::YuvToRgb, ColorStandard::Bt2020}, {x});
  x = add(OpKind::ImageResize, ImageResize{{5, 6}, ResizeMethod::Cubic, true, Deposit::BottomRight}, {x});
  const TensorId real = add(OpKind::Normalize, Normalize{{255, 1, 2}, {0.5f}, {1, 2, 3}}, {x});
  add(OpKind::NmsMaxPool, NmsMaxPool{5}, {real});
  const Tessellate tiles{{2, 3, 2}, true, true};
  const TensorId cut = add(OpKind::Tessellate, tiles, {x});
  add(OpKind::Detessellate, Detessellate{tiles, {DType::UInt8, {1, 5, 6, 3}}}, {cut});
  const TensorId packed = add(OpKind::PackBytes, NoAttributes{}, {real, x});
  add(OpKind::UnpackBytes, UnpackBytes{{{DType::Float32, {90}}, {DType::UInt8, {9, 10}}}}, {packed}, 2);
  const TensorId boxes = builder.input("boxes", {1, 2, 6});
  const TensorId scores = builder.input("scores", {1, 2, 3});
  const TensorId anchors = builder.constant<float>({2, 4}, std::vector<float>(8, 0.5f));
  const DetectionPostProcess detection{
      BoxCoding::Linear, 2, 3, 2, 7, 1, 0.5f, 0.25f, 1, 2, 3, 4.5f, false, true, true};
  add(OpKind::DetectionPostProcess, detection, {boxes, scores, anchors}, 5);
  return builder.graph();
}

}  // namespace octet::test

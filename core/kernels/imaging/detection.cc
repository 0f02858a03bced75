#include "kernels/imaging/detection.h"

#include <algorithm>
#include <cmath>

#include "kernels/arithmetic/math.h"

namespace octet::kernels {
namespace {

constexpr float kMostLogit = 100;

size_t size(int32_t value) { return static_cast<size_t>(value); }

}  // namespace

float overlap(const Box& a, const Box& b) {
  const float area_a = (a.ymax - a.ymin) * (a.xmax - a.xmin);
  const float area_b = (b.ymax - b.ymin) * (b.xmax - b.xmin);
  if (area_a <= 0 || area_b <= 0) return 0;
  const float height = std::max(std::min(a.ymax, b.ymax) - std::max(a.ymin, b.ymin), 0.0f);
  const float width = std::max(std::min(a.xmax, b.xmax) - std::max(a.xmin, b.xmin), 0.0f);
  const float common = height * width;
  return common / (area_a + area_b - common);
}

DetectionPostProcessor::DetectionPostProcessor(const DetectionPostProcess& attributes, size_t boxes,
                                               size_t box_values, size_t score_values)
    : attributes_(attributes),
      boxes_(boxes),
      box_values_(box_values),
      score_values_(score_values),
      background_(score_values - size(attributes.classes)) {}

size_t DetectionPostProcessor::rows() const {
  return size(attributes_.max_detections) * size(attributes_.classes_per_detection);
}

size_t DetectionPostProcessor::merged_capacity() const {
  if (!attributes_.per_class) return 0;
  return size(attributes_.max_detections) + std::min(boxes_, size(attributes_.detections_per_class));
}

uint64_t DetectionPostProcessor::scratch_bytes() const {
  return uint64_t{boxes_} * (sizeof(Box) + sizeof(Candidate) + sizeof(uint8_t)) +
         uint64_t{merged_capacity()} * sizeof(Candidate);
}

DetectionPostProcessor::Scratch DetectionPostProcessor::parts_of(std::byte* scratch) const {
  Scratch parts;
  parts.boxes = reinterpret_cast<Box*>(scratch);
  parts.candidates = reinterpret_cast<Candidate*>(parts.boxes + boxes_);
  parts.merged = parts.candidates + boxes_;
  parts.active = reinterpret_cast<uint8_t*>(parts.merged + merged_capacity());
  return parts;
}

float DetectionPostProcessor::score(const RawDetections& raw, size_t box, size_t class_index) const {
  const float value = raw.scores[box * score_values_ + background_ + class_index];
  if (!attributes_.logits) return value;
  return static_cast<float>(logistic(static_cast<double>(std::clamp(value, -kMostLogit, kMostLogit))));
}

/// In double where TFLite computes in it.
Box DetectionPostProcessor::decode(const float* raw, const float* anchor) const {
  const bool exponential = attributes_.coding == BoxCoding::Exponential;
  const auto part = [](float value, float scale) {
    return static_cast<double>(value) / static_cast<double>(scale);
  };
  const float raw_y = raw[exponential ? 0 : 1];
  const float raw_x = raw[exponential ? 1 : 0];
  const double height = part(raw[exponential ? 2 : 3], attributes_.h_scale);
  const double width = part(raw[exponential ? 3 : 2], attributes_.w_scale);
  const auto center = [&](float value, float scale, float extent, float middle) {
    return static_cast<float>(part(value, scale) * static_cast<double>(extent) + static_cast<double>(middle));
  };
  const float y = center(raw_y, attributes_.y_scale, anchor[2], anchor[0]);
  const float x = center(raw_x, attributes_.x_scale, anchor[3], anchor[1]);
  const auto half = [&](double factor, float extent) {
    return static_cast<float>(0.5 * (exponential ? kernels::exp(factor) : factor) *
                              static_cast<double>(extent));
  };
  const float half_height = half(height, anchor[2]);
  const float half_width = half(width, anchor[3]);
  return {y - half_height, x - half_width, y + half_height, x + half_width};
}

size_t DetectionPostProcessor::best_class(const RawDetections& raw, size_t box) const {
  size_t best = 0;
  for (size_t c = 1; c < size(attributes_.classes); ++c) {
    if (score(raw, box, c) > score(raw, box, best)) best = c;
  }
  return best;
}

/// The class that ranks behind `before`.
size_t DetectionPostProcessor::next_class(const RawDetections& raw, size_t box, size_t before) const {
  const float bound = score(raw, box, before);
  size_t next = size(attributes_.classes);
  float best = 0;
  for (size_t c = 0; c < size(attributes_.classes); ++c) {
    const float value = score(raw, box, c);
    const bool is_behind = value < bound || (value == bound && c > before);
    if (!is_behind || (next < size(attributes_.classes) && value <= best)) continue;
    next = c;
    best = value;
  }
  return next;
}

size_t DetectionPostProcessor::collect(const RawDetections& raw, const Scratch& scratch,
                                       const uint32_t* class_index) const {
  size_t count = 0;
  for (size_t box = 0; box < boxes_; ++box) {
    const Box& decoded = scratch.boxes[box];
    if (!(decoded.ymin <= decoded.ymax && decoded.xmin <= decoded.xmax)) continue;
    const size_t its_class = class_index != nullptr ? *class_index : best_class(raw, box);
    const float value = score(raw, box, its_class);
    if (!(value >= attributes_.score_threshold)) continue;
    scratch.candidates[count] = {value, static_cast<uint32_t>(box), static_cast<uint32_t>(its_class),
                                 static_cast<uint32_t>(count)};
    ++count;
  }
  std::sort(scratch.candidates, scratch.candidates + count, [](const Candidate& a, const Candidate& b) {
    return a.score != b.score ? a.score > b.score : a.order < b.order;
  });
  return count;
}

/// Calls take(candidate) for those that no better one overlaps, at most `limit`; while it does, the
/// candidates that this one drops are still active.
template <class Take>
size_t DetectionPostProcessor::suppress(const Scratch& scratch, size_t candidates, size_t limit,
                                        Take take) const {
  std::fill(scratch.active, scratch.active + candidates, uint8_t{1});
  size_t taken = 0;
  for (size_t i = 0; i < candidates && taken < limit; ++i) {
    if (scratch.active[i] == 0) continue;
    take(i);
    ++taken;
    const Box& own = scratch.boxes[scratch.candidates[i].box];
    for (size_t j = i + 1; j < candidates; ++j) {
      if (scratch.active[j] == 0) continue;
      const bool dropped =
          overlap(own, scratch.boxes[scratch.candidates[j].box]) > attributes_.overlap_threshold;
      if (dropped) scratch.active[j] = 0;
    }
  }
  return taken;
}

/// Adds a box and its keypoints, times `weight`, to a row.
void DetectionPostProcessor::write_place(const RawDetections& raw, const Detections& out, size_t row,
                                         size_t box, const Box& decoded, float weight) const {
  float* to = out.boxes + 4 * row;
  to[0] += decoded.ymin * weight;
  to[1] += decoded.xmin * weight;
  to[2] += decoded.ymax * weight;
  to[3] += decoded.xmax * weight;
  const size_t keypoints = size(attributes_.keypoints);
  const float* from = raw.boxes + box * box_values_ + 4;
  const float* anchor = raw.anchors + 4 * box;
  for (size_t k = 0; k < keypoints; ++k) {
    float* point = out.keypoints + 2 * (row * keypoints + k);
    point[0] += (from[2 * k] / attributes_.x_scale * anchor[3] + anchor[1]) * weight;
    point[1] += (from[2 * k + 1] / attributes_.y_scale * anchor[2] + anchor[0]) * weight;
  }
}

/// The mean, by score, of a candidate and of those that it is about to drop.
void DetectionPostProcessor::write_mean(const RawDetections& raw, const Detections& out,
                                        const Scratch& scratch, size_t row, size_t candidate,
                                        size_t candidates) const {
  const Box& own = scratch.boxes[scratch.candidates[candidate].box];
  const auto counts = [&](size_t j) {
    if (j == candidate) return true;
    return scratch.active[j] != 0 &&
           overlap(own, scratch.boxes[scratch.candidates[j].box]) > attributes_.overlap_threshold;
  };
  float total = 0;
  for (size_t j = candidate; j < candidates; ++j) {
    if (counts(j)) total += scratch.candidates[j].score;
  }
  for (size_t j = candidate; j < candidates; ++j) {
    const Candidate& other = scratch.candidates[j];
    // Without any score all that count is the best itself.
    const float weight = total > 0 ? other.score / total : (j == candidate ? 1.0f : 0.0f);
    if (counts(j)) write_place(raw, out, row, other.box, scratch.boxes[other.box], weight);
  }
}

size_t DetectionPostProcessor::run_by_best_class(const RawDetections& raw, const Detections& out,
                                                 const Scratch& scratch) const {
  const size_t rows_each = size(attributes_.classes_per_detection);
  const size_t used_each = std::min(rows_each, size(attributes_.classes));
  const size_t candidates = collect(raw, scratch, nullptr);
  size_t row = 0;
  return suppress(scratch, candidates, size(attributes_.max_detections), [&](size_t i) {
    const Candidate& candidate = scratch.candidates[i];
    size_t its_class = candidate.class_index;
    for (size_t k = 0; k < used_each && its_class < size(attributes_.classes); ++k) {
      if (attributes_.weighted) {
        write_mean(raw, out, scratch, row + k, i, candidates);
      } else {
        write_place(raw, out, row + k, candidate.box, scratch.boxes[candidate.box], 1);
      }
      out.classes[row + k] = static_cast<float>(its_class);
      out.scores[row + k] = score(raw, candidate.box, its_class);
      if (k + 1 < used_each) its_class = next_class(raw, candidate.box, its_class);
    }
    row += rows_each;
  });
}

size_t DetectionPostProcessor::run_per_class(const RawDetections& raw, const Detections& out,
                                             const Scratch& scratch) const {
  size_t kept = 0;
  for (uint32_t c = 0; c < static_cast<uint32_t>(attributes_.classes); ++c) {
    const size_t candidates = collect(raw, scratch, &c);
    suppress(scratch, candidates, size(attributes_.detections_per_class),
             [&](size_t i) { scratch.merged[kept++] = scratch.candidates[i]; });
    for (size_t i = 0; i < kept; ++i) scratch.merged[i].order = static_cast<uint32_t>(i);
    std::sort(scratch.merged, scratch.merged + kept, [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.order < b.order;
    });
    kept = std::min(kept, size(attributes_.max_detections));
  }
  for (size_t row = 0; row < kept; ++row) {
    const Candidate& candidate = scratch.merged[row];
    write_place(raw, out, row, candidate.box, scratch.boxes[candidate.box], 1);
    out.classes[row] = static_cast<float>(candidate.class_index);
    out.scores[row] = candidate.score;
  }
  return kept;
}

void DetectionPostProcessor::operator()(const RawDetections& raw, const Detections& out,
                                        std::byte* scratch) const {
  const Scratch parts = parts_of(scratch);
  for (size_t box = 0; box < boxes_; ++box)
    parts.boxes[box] = decode(raw.boxes + box * box_values_, raw.anchors + 4 * box);
  std::fill(out.boxes, out.boxes + 4 * rows(), 0.0f);
  std::fill(out.classes, out.classes + rows(), 0.0f);
  std::fill(out.scores, out.scores + rows(), 0.0f);
  if (out.keypoints != nullptr)
    std::fill(out.keypoints, out.keypoints + 2 * rows() * size(attributes_.keypoints), 0.0f);
  const size_t found =
      attributes_.per_class ? run_per_class(raw, out, parts) : run_by_best_class(raw, out, parts);
  out.count[0] = static_cast<float>(found);
}

}  // namespace octet::kernels

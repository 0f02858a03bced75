// From a detector's raw numbers to boxes: decoding against anchors, and non-maximum suppression.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ir/attributes.h"

namespace octet::kernels {

/// Corners, in parts of the picture's sides when the anchors are.
struct Box {
  float ymin = 0, xmin = 0, ymax = 0, xmax = 0;
};

/// Common over united area, in single precision; 0 where a box has no area.
float overlap(const Box& a, const Box& b);

/// What DETECTION_POST_PROCESS reads: one row a box, but `scores` may begin with one of the background.
struct RawDetections {
  const float* boxes;
  const float* scores;
  const float* anchors;
};

/// What it writes: `rows` rows, of which those of `count` boxes are used.
struct Detections {
  float* boxes;
  float* classes;
  float* scores;
  float* count;
  float* keypoints;  ///< Null without.
};

/// DETECTION_POST_PROCESS. Equal scores rank by the order of boxes, then of classes. A box whose corners are
/// the wrong way round, or NaN, is no detection.
class DetectionPostProcessor {
 public:
  /// `box_values` and `score_values` are the numbers in each row.
  DetectionPostProcessor(const DetectionPostProcess& attributes, size_t boxes, size_t box_values,
                         size_t score_values);

  size_t rows() const;
  uint64_t scratch_bytes() const;
  /// `scratch` is aligned to 16 bytes.
  void operator()(const RawDetections& raw, const Detections& out, std::byte* scratch) const;

 private:
  /// A box that may be a detection of a class.
  struct Candidate {
    float score;
    uint32_t box;
    uint32_t class_index;
    uint32_t order;  ///< Among equal scores.
  };
  struct Scratch {
    Box* boxes;             ///< Decoded, one a raw box.
    Candidate* candidates;  ///< As many at most.
    uint8_t* active;        ///< Candidates that no better one dropped.
    Candidate* merged;      ///< Those of the classes so far, with `per_class`.
  };

  Scratch parts_of(std::byte* scratch) const;
  size_t merged_capacity() const;
  float score(const RawDetections& raw, size_t box, size_t class_index) const;
  Box decode(const float* raw, const float* anchor) const;
  size_t best_class(const RawDetections& raw, size_t box) const;
  size_t next_class(const RawDetections& raw, size_t box, size_t before) const;

  /// The candidates of one class, or of each box's best class, best first; returns how many.
  size_t collect(const RawDetections& raw, const Scratch& scratch, const uint32_t* class_index) const;
  template <class Take>
  size_t suppress(const Scratch& scratch, size_t candidates, size_t limit, Take take) const;

  size_t run_by_best_class(const RawDetections& raw, const Detections& out, const Scratch& scratch) const;
  size_t run_per_class(const RawDetections& raw, const Detections& out, const Scratch& scratch) const;
  void write_place(const RawDetections& raw, const Detections& out, size_t row, size_t box,
                   const Box& decoded, float weight) const;
  void write_mean(const RawDetections& raw, const Detections& out, const Scratch& scratch, size_t row,
                  size_t candidate, size_t candidates) const;

  DetectionPostProcess attributes_;
  size_t boxes_;
  size_t box_values_;
  size_t score_values_;
  size_t background_;  ///< Scores in front of the first class: 0 or 1.
};

}  // namespace octet::kernels

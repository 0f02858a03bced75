// Memory for one sample, and what is noticed about it: what everything has that looks at samples.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibrate/input_check.h"
#include "ir/graph.h"
#include "pipeline/statistics_bytes.h"
#include "transforms/image.h"

namespace octet::pipeline {

/// Whoever gives samples writes into this memory; what derives from it reads it.
class Sample {
 public:
  /// `subject`: of what is gathered about samples here.
  Sample(std::shared_ptr<const Graph> graph, Subject subject);
  virtual ~Sample() = default;

  /// The memory of input `i`, to be filled with a tensor. Throws InvalidInput where there is no such input.
  std::span<std::byte> input(int i);
  /// Fills input `i`, float32, uint8 or quantized int8, with an image. Throws as
  /// transforms::image_to_tensor().
  void set_image(int i, const transforms::Image& image, const transforms::Preprocessing& preprocessing);

  /// What is noticed about the sample: statistics for input_warnings().
  Bytes noticed() const;
  /// What tells the sample from others: 16 hexadecimal digits, as JSON.
  std::string digest() const;
  /// A JSON list of sentences about samples: `noticed` is what was noticed of each, one behind the other.
  std::string input_warnings(std::span<const std::byte> noticed) const;

 protected:
  std::vector<std::span<const std::byte>> inputs() const;
  /// What is noticed about the sample, by input.
  std::vector<calibrate::InputFacts> facts() const;
  /// By input, the range that calibration saw, where that is known.
  virtual std::vector<std::optional<calibrate::Range>> calibrated() const { return {}; }
  const std::shared_ptr<const Graph>& graph() const { return graph_; }
  Subject subject() const { return subject_; }

 private:
  size_t index_of(int input) const;

  std::shared_ptr<const Graph> graph_;
  Subject subject_;
  std::vector<Bytes> buffers_;
  std::vector<calibrate::ImageOrigin> origins_;  ///< Of what was last written.
};

}  // namespace octet::pipeline

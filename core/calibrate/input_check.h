// Notices what is likely wrong with samples: the usual mistakes of preprocessing, which make no error but a
// model that does not work.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "calibrate/image_origin.h"
#include "calibrate/range.h"
#include "ir/graph.h"

namespace octet::calibrate {

/// What is noticed about one input of one sample.
struct InputFacts {
  float low = 0;  ///< Smallest and largest value, in reals.
  float high = 0;
  ImageOrigin origin;
  bool is_gray = false;  ///< It has three channels that are the same.

  static constexpr auto kFields =
      std::tuple(&InputFacts::low, &InputFacts::high, &InputFacts::origin, &InputFacts::is_gray);
};

class InputCheck {
 public:
  explicit InputCheck(const Graph& graph);

  /// Looks at a sample, one span and one origin an input of the graph.
  std::vector<InputFacts> observe(std::span<const std::span<const std::byte>> inputs,
                                  std::span<const ImageOrigin> origins) const;
  /// Adds up what was noticed; the order of samples does not matter.
  void fold(std::span<const InputFacts> sample);
  /// A sentence for each thing that is wrong: what, where, and what to do. `calibrated`: by input, the range
  /// that calibration saw, where these are other samples.
  std::vector<std::string> warnings(std::span<const std::optional<Range>> calibrated = {}) const;

 private:
  struct Input {
    Tensor tensor;  ///< Without contents.
    uint64_t samples = 0;
    uint64_t constant = 0;
    uint64_t gray = 0;
    uint64_t lost_color = 0;
    uint64_t stretched = 0;
    float most_stretch = 1;
    Range range;
  };

  static void describe(const Input& input, std::vector<std::string>& warnings);

  std::vector<Input> inputs_;
};

}  // namespace octet::calibrate

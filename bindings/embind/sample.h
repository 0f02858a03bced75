// What every handle has that looks at samples.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibrate/input_check.h"
#include "ir/graph.h"

namespace octet::binding {

using emscripten::val;

/// Memory for one sample. JavaScript writes into it, the handles below read it.
class Sample {
 public:
  explicit Sample(std::shared_ptr<const Graph> graph);
  virtual ~Sample() = default;

  /// A Uint8Array over the memory of input `i`; valid until WASM memory grows.
  val input(int i);
  /// Fills input `i` from decoded pixels by the preprocessing in JSON.
  val set_image(int i, const val& rgba, int width, int height, const std::string& preprocessing);
  /// What is noticed about the sample, as a Uint8Array.
  val noticed() const;
  /// What tells the sample from others, as 16 hexadecimal digits.
  val digest() const;
  /// A list of sentences about samples, of what was noticed() of each, one behind the other.
  val input_warnings(const val& noticed) const;

 protected:
  std::vector<std::span<const std::byte>> inputs() const;
  /// What is noticed about the sample.
  std::vector<calibrate::InputFacts> facts() const;
  /// By input, the range that calibration saw, where that is known.
  virtual std::vector<std::optional<calibrate::Range>> calibrated() const { return {}; }
  const std::shared_ptr<const Graph>& graph() const { return graph_; }

 private:
  std::shared_ptr<const Graph> graph_;
  std::vector<Bytes> buffers_;
  std::vector<calibrate::ImageOrigin> origins_;  ///< Of what was last written.
};

}  // namespace octet::binding

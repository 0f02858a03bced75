// What every handle has that looks at samples.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

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

 protected:
  std::vector<std::span<const std::byte>> inputs() const;
  const std::shared_ptr<const Graph>& graph() const { return graph_; }

 private:
  std::shared_ptr<const Graph> graph_;
  std::vector<Bytes> buffers_;
};

}  // namespace octet::binding

#include "emulate/profile.h"

#include <chrono>
#include <cstdint>

namespace octet::emulate {

std::vector<double> profile(Executor& executor, std::span<const std::span<const std::byte>> inputs,
                            int runs) {
  using Clock = std::chrono::steady_clock;
  const Graph& graph = executor.graph();
  constexpr int32_t kNoNode = -1;
  std::vector<int32_t> node_of(graph.tensors.size(), kNoNode);  // By tensor: the node that computes it.
  for (size_t n = 0; n < graph.nodes.size(); ++n) {
    for (const TensorId output : graph.nodes[n].outputs) node_of[index(output)] = static_cast<int32_t>(n);
  }
  std::vector<Clock::duration> spent(graph.nodes.size());
  for (int run = 0; run < runs; ++run) {
    for (size_t i = 0; i < inputs.size(); ++i) executor.set_input(i, inputs[i]);
    // A node's outputs are visited as soon as it is done: what passed since the visit before is its time.
    Clock::time_point before = Clock::now();
    executor.run([&](TensorId id, std::span<const std::byte>) {
      const Clock::time_point now = Clock::now();
      if (const int32_t node = node_of[index(id)]; node != kNoNode) {
        spent[static_cast<size_t>(node)] += now - before;
      }
      before = now;
    });
  }
  std::vector<double> milliseconds;
  for (const Clock::duration duration : spent) {
    milliseconds.push_back(std::chrono::duration<double, std::milli>(duration).count() / runs);
  }
  return milliseconds;
}

}  // namespace octet::emulate

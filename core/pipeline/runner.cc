#include "pipeline/runner.h"

#include <string>
#include <utility>
#include <vector>

#include "analyze/graph_json.h"
#include "emulate/profile.h"
#include "json/value.h"
#include "pipeline/documents.h"

namespace octet::pipeline {

TensorId Runner::checked(int tensor) const {
  if (tensor < 0 || static_cast<size_t>(tensor) >= graph()->tensors.size())
    throw Error(ErrorCode::InvalidInput, "The model has no tensor " + std::to_string(tensor) + ".");
  return static_cast<TensorId>(tensor);
}

emulate::Executor& Runner::executor() {
  if (!executor_) executor_ = std::make_unique<emulate::Executor>(graph());
  return *executor_;
}

void Runner::run(std::span<const int> tensors, const Keep& keep) {
  constexpr size_t kNowhere = SIZE_MAX;
  std::vector<size_t> places(graph()->tensors.size(), kNowhere);
  for (size_t place = 0; place < tensors.size(); ++place) places[index(checked(tensors[place]))] = place;

  emulate::Executor& executor = this->executor();
  executor.set_inputs(inputs());
  // No node computes a constant, which may yet be an output.
  for (size_t place = 0; place < tensors.size(); ++place) {
    const Tensor& tensor = graph()->tensor(checked(tensors[place]));
    if (tensor.is_constant()) keep(place, *tensor.constant);
  }
  if (tensors.empty()) {
    executor.run();
    return;
  }
  executor.run([&](TensorId id, std::span<const std::byte> contents) {
    if (places[index(id)] != kNowhere) keep(places[index(id)], contents);
  });
}

std::string Runner::profile(int runs) {
  return to_string(json::Value(emulate::profile(executor(), inputs(), runs)));
}

std::span<const std::byte> Runner::constant(int tensor) const {
  const Tensor& found = graph()->tensor(checked(tensor));
  if (!found.is_constant())
    throw Error(ErrorCode::InvalidInput, "This tensor is computed, and no constant.", {.tensor = found.name});
  return *found.constant;
}

std::string Runner::info() const { return json_object({{"graph", analyze::graph_json(*graph())}}); }

}  // namespace octet::pipeline

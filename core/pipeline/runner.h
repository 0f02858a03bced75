// Runs a graph on samples.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "emulate/executor.h"
#include "pipeline/sample.h"

namespace octet::pipeline {

class Runner : public Sample {
 public:
  using Sample::Sample;

  /// Called with the place of a tensor in a list, and what it holds; tensors share memory, so that it is gone
  /// after the call.
  using Keep = std::function<void(size_t place, std::span<const std::byte> contents)>;

  /// Runs the sample and hands over what the tensors of a list hold, in whatever order they are computed.
  /// Throws InvalidInput for an index that no tensor has.
  void run(std::span<const int> tensors, const Keep& keep);
  /// Runs the sample `runs` times: the mean milliseconds of each node, a JSON list.
  std::string profile(int runs);
  /// What a constant holds. `tensor`: its index. Throws InvalidInput for one that is computed.
  std::span<const std::byte> constant(int tensor) const;
  /// {"graph": as analyze::graph_json() has it} and what else is known, as JSON.
  virtual std::string info() const;

 private:
  /// Throws InvalidInput for an index that no tensor has.
  TensorId checked(int tensor) const;
  emulate::Executor& executor();

  std::unique_ptr<emulate::Executor> executor_;  ///< Made when it is first needed.
};

}  // namespace octet::pipeline

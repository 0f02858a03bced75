// The pipeline from samples to a quantized model with one worker: what the binding's workers do together.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "partition/partition.h"
#include "pipeline/net.h"

namespace octet::test {

/// One sample: by input, what it holds.
using SampleBytes = std::vector<std::span<const std::byte>>;

/// Quantizes with samples, in this order. `each_sample(visit)` calls `visit` with each, once a pass.
template <class EachSample>
std::shared_ptr<pipeline::QuantizedModel> quantize(const pipeline::Net& net,
                                                   const quantize::QuantizationParams& params,
                                                   const EachSample& each_sample) {
  const auto show = [&](pipeline::Sample& pass, const auto& look) {
    each_sample([&](const SampleBytes& sample) {
      for (size_t i = 0; i < sample.size(); ++i)
        std::copy(sample[i].begin(), sample[i].end(), pass.input(static_cast<int>(i)).begin());
      look();
    });
  };
  Bytes channels;
  if (const auto pass = net.channels(params)) {
    show(*pass, [&] { pass->fold(pass->observe()); });
    channels = pass->state();
  }
  const auto calibration = net.calibrate(params, channels);
  show(*calibration, [&] { calibration->fold(calibration->observe()); });
  const auto passes = calibration->quantization(params);
  Bytes draft;
  while (passes->draft([&](std::span<const std::byte> file) { draft.assign(file.begin(), file.end()); })) {
    passes->begin_pass(std::move(draft));
    show(*passes, [&] { passes->observe(); });
  }
  return passes->finish({}, [](std::span<const std::byte>) {});
}

/// The same with float32 samples of the only input.
inline std::shared_ptr<pipeline::QuantizedModel> quantize(const pipeline::Net& net,
                                                          const quantize::QuantizationParams& params,
                                                          const std::vector<std::vector<float>>& samples) {
  return quantize(net, params, [&](const auto& visit) {
    for (const std::vector<float>& sample : samples) visit(SampleBytes{std::as_bytes(std::span(sample))});
  });
}

/// A float graph that was put together by hand, as it is: nothing is prepared.
inline std::shared_ptr<pipeline::Net> net_of(
    Graph graph, const partition::Target& target = partition::target_by_key("tflite")) {
  const pipeline::Origin origin = {.target = target, .subject = {}, .file_bytes = 1000};
  partition::Report report = partition::partition(graph, origin.target);
  return std::make_shared<pipeline::Net>(std::make_shared<const Graph>(std::move(graph)), std::nullopt,
                                         std::move(report), origin, std::vector<std::string>());
}

}  // namespace octet::test

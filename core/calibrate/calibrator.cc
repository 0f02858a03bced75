#include "calibrate/calibrator.h"

#include <string>
#include <utility>

#include "ir/byte_stream.h"
#include "ops/operator.h"

namespace octet::calibrate {

Calibrator::Calibrator(std::shared_ptr<const Graph> graph, const Method& method,
                       const std::map<TensorId, Method>& own)
    : graph_(graph),
      executor_(std::make_unique<emulate::Executor>(graph)),
      slot_(graph->tensors.size(), -1),
      edge_channels_(*graph) {
  const auto add = [&](TensorId id) {
    if (graph->tensor(id).dtype != DType::Float32 || slot_[index(id)] >= 0) return;
    slot_[index(id)] = static_cast<int32_t>(observed_.size());
    observed_.push_back(id);
    const auto found = own.find(id);
    const Method& chosen = found != own.end() ? found->second : method;
    averaging_.push_back(chosen.moving_average_constant);
    statistics_.emplace_back(needs_histogram(chosen.kind) ? chosen.num_bins : 0);
  };
  for (const TensorId input : graph->inputs) add(input);
  for (const Node& node : graph->nodes) {
    for (const TensorId output : node.outputs) add(output);
  }
  rows_.resize(observed_.size());
  for (const Node& node : graph->nodes) {
    if (!ops::operator_of(node.op).quantization.compares_within_rows) continue;
    const int32_t slot = slot_[index(node.inputs[0])];
    if (slot >= 0)
      rows_[static_cast<size_t>(slot)].length = static_cast<size_t>(graph->tensor(node.inputs[0]).shape[-1]);
  }
}

std::vector<Extremes> Calibrator::observe(std::span<const std::span<const std::byte>> inputs) {
  if (!executor_) executor_ = std::make_unique<emulate::Executor>(graph_);
  executor_->set_inputs(inputs);
  std::vector<Extremes> extremes(observed_.size());
  executor_->run([&](TensorId id, std::span<const std::byte> contents) {
    if (slot_[index(id)] < 0) return;
    const size_t slot = static_cast<size_t>(slot_[index(id)]);
    extremes[slot] = statistics_[slot].observe(as<float>(contents));
    if (rows_[slot].length > 0) rows_[slot].statistics.observe(as<float>(contents), rows_[slot].length);
    edge_channels_.observe(id, as<float>(contents));
  });
  return extremes;
}

void Calibrator::fold(std::span<const Extremes> extremes) {
  if (extremes.size() != statistics_.size()) {
    throw Error(ErrorCode::InvalidInput, "The extremes of a calibration sample are of another model.");
  }
  for (size_t slot = 0; slot < extremes.size(); ++slot) {
    statistics_[slot].fold(extremes[slot], averaging_[slot]);
  }
  ++samples_;
}

void Calibrator::append_to(Bytes& state) const {
  for (const TensorStatistics& statistics : statistics_) statistics.append_to(state);
  for (const Rows& rows : rows_) {
    if (rows.length > 0) rows.statistics.append_to(state);
  }
  edge_channels_.append_to(state);
}

void Calibrator::merge(std::span<const std::byte> state) {
  std::vector<TensorStatistics> merged = statistics_;
  std::vector<Rows> merged_rows = rows_;
  for (TensorStatistics& statistics : merged) statistics.merge(TensorStatistics::take_from(state));
  for (Rows& rows : merged_rows) {
    if (rows.length > 0) rows.statistics.merge(RowStatistics::take_from(state));
  }
  EdgeChannels channels = edge_channels_;
  channels.merge_from(state);
  check_all_taken(state);
  statistics_ = std::move(merged);
  rows_ = std::move(merged_rows);
  edge_channels_ = std::move(channels);
}

const TensorStatistics& Calibrator::statistics(TensorId id) const { return statistics_[slot_of(id)]; }

size_t Calibrator::slot_of(TensorId id) const {
  const int32_t slot = slot_[index(id)];
  if (slot < 0) {
    throw Error(ErrorCode::Internal, "A tensor was not calibrated.", {.tensor = graph().tensor(id).name});
  }
  return static_cast<size_t>(slot);
}

}  // namespace octet::calibrate

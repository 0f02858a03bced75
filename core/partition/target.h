// The hardware and runtimes that Octet quantizes for, as data.
#pragma once

#include <span>
#include <string_view>

#include "ir/quant_params.h"
#include "ops/operator.h"

namespace octet::partition {

struct Target {
  ops::TargetId id;
  std::string_view key;          ///< "gen1", "gen2", "tflite": as users write it.
  std::string_view description;  ///< "MLSoC (gen1)" …
  std::string_view
      unit_name;  ///< What users read for Unit::Mla: "MLA", or "TFLite" where there is no accelerator.
  std::string_view place;  ///< The same in a sentence: "on the MLA", "in TFLite's integer kernels".
  /// INT16 activations with INT8 weights. The SDK's table of operators has no INT16 column. Octet's decision:
  /// an operator that the MLA runs in INT8 runs in INT16 under the same constraints, where Octet has the
  /// kernel. For TFLite each operator says whether its reference kernels have INT16.
  bool int16;
  bool bf16;
  bool has_cvu;
  RequantizationMode default_requantization;
  /// The user lets tensors that are not 4-D on the MLA.
  bool any_shape_on_mla = false;

  bool has_mla() const { return id != ops::TargetId::Tflite; }
};

const Target& target_of(ops::TargetId id);
std::span<const Target> all_targets();
/// Throws InvalidConfig naming the known keys.
const Target& target_by_key(std::string_view key);

/// What users read for a unit of the target, in names of segments too.
std::string_view unit_name(Unit unit, const Target& target);

/// Which support of operators is the target's.
ops::SupportMember support_member(const Target& target);
/// What the operator supports on the target.
const ops::Support& support(const ops::Operator& op, const Target& target);
/// True when nodes of the operator run on the target's Unit::Mla at all in `precision`.
bool runs_in(const ops::Operator& op, const Target& target, Precision precision);

}  // namespace octet::partition

#include "partition/target.h"

#include <array>
#include <string>

namespace octet::partition {
namespace {

constexpr std::array<Target, 3> kTargets = {{
    {.id = ops::TargetId::Gen1,
     .key = "gen1",
     .description = "MLSoC (gen1)",
     .unit_name = "MLA",
     .place = "on the MLA",
     .int16 = true,
     .bf16 = false,
     .has_cvu = true,
     .default_requantization = RequantizationMode::Sima},
    {.id = ops::TargetId::Gen2,
     .key = "gen2",
     .description = "Modalix (gen2)",
     .unit_name = "MLA",
     .place = "on the MLA",
     .int16 = true,
     .bf16 = true,
     .has_cvu = true,
     .default_requantization = RequantizationMode::Sima},
    {.id = ops::TargetId::Tflite,
     .key = "tflite",
     .description = "TFLite integer kernels (LiteRT, microcontrollers, Coral, Ethos-U)",
     .unit_name = "TFLite",
     .place = "in TFLite's integer kernels",
     .int16 = true,
     .bf16 = false,
     .has_cvu = false,
     .default_requantization = RequantizationMode::Tflite},
}};

}  // namespace

std::span<const Target> all_targets() { return kTargets; }

const Target& target_of(ops::TargetId id) {
  for (const Target& target : kTargets) {
    if (target.id == id) return target;
  }
  throw Error(ErrorCode::Internal, "A target has no entry in the table.");
}

const Target& target_by_key(std::string_view key) {
  std::string known;
  for (const Target& target : kTargets) {
    if (target.key == key) return target;
    known += (known.empty() ? "" : ", ") + std::string(target.key);
  }
  throw Error(ErrorCode::InvalidConfig, "There is no target '" + std::string(key) + "'.", {},
              "Choose one of: " + known + ".");
}

std::string_view unit_name(Unit unit, const Target& target) {
  return unit == Unit::Mla ? target.unit_name : to_string(unit);
}

ops::SupportMember support_member(const Target& target) {
  return target.id == ops::TargetId::Tflite ? &ops::Operator::tflite : &ops::Operator::mla;
}

const ops::Support& support(const ops::Operator& op, const Target& target) {
  return op.*support_member(target);
}

bool runs_in(const ops::Operator& op, const Target& target, Precision precision) {
  const ops::Support& listed = support(op, target);
  switch (precision) {
    case Precision::Int8:
      return listed.int8 && op.kernels.i8 != nullptr;
    case Precision::Int16:
      return target.int16 && op.kernels.i16 != nullptr &&
             (target.id == ops::TargetId::Tflite ? listed.int16 : listed.int8);
    case Precision::BFloat16:
      return target.bf16 && listed.bf16;
    case Precision::Float32:
      break;
  }
  return false;
}

}  // namespace octet::partition

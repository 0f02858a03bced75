#include "quantize/params.h"

#include <nlohmann/json.hpp>

#include "ir/error.h"

namespace octet::quantize {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void invalid(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::InvalidConfig, message, {}, hint);
}

/// Reads the fields of one JSON object and refuses what nobody asked for: a typing mistake must not become a
/// default.
class Fields {
 public:
  Fields(const Json& object, std::string path) : object_(object), path_(std::move(path)) {
    if (!object.is_object()) invalid("'" + path_ + "' must be an object.");
  }

  template <class T>
  void read(const char* name, T& value) {
    known_.insert(name);
    const auto field = object_.find(name);
    if (field == object_.end()) return;
    try {
      value = field->get<T>();
    } catch (const Json::exception&) {
      invalid("'" + path_ + "." + name + "' has the wrong type.");
    }
  }

  const Json* child(const char* name) {
    known_.insert(name);
    const auto field = object_.find(name);
    return field == object_.end() ? nullptr : &*field;
  }

  void finish() const {
    for (const auto& [name, value] : object_.items()) {
      if (known_.count(name) != 0) continue;
      std::string list;
      for (const std::string& field : known_) list += (list.empty() ? "" : ", ") + field;
      invalid("'" + path_ + "' has no field '" + name + "'.", "Its fields are " + list + ".");
    }
  }

 private:
  const Json& object_;
  std::string path_;
  std::set<std::string> known_;
};

RequantizationMode requantization_from_string(const std::string& name) {
  if (name == "sima") return RequantizationMode::Sima;
  if (name == "tflite") return RequantizationMode::Tflite;
  invalid("Requantization '" + name + "' is not known.", "Use 'sima' or 'tflite'.");
}

std::string_view to_string(RequantizationMode mode) {
  return mode == RequantizationMode::Sima ? "sima" : "tflite";
}

struct BiasCorrectionName {
  BiasCorrection correction;
  std::string_view name;
};

constexpr BiasCorrectionName kBiasCorrectionNames[] = {
    {BiasCorrection::None, "none"},
    {BiasCorrection::Regular, "regular"},
    {BiasCorrection::Iterative, "iterative"},
};

BiasCorrection bias_correction_from_string(const std::string& name) {
  for (const BiasCorrectionName& entry : kBiasCorrectionNames) {
    if (entry.name == name) return entry.correction;
  }
  invalid("Bias correction '" + name + "' is not known.", "Use 'none', 'regular' or 'iterative'.");
}

std::string_view to_string(BiasCorrection correction) {
  return kBiasCorrectionNames[static_cast<size_t>(correction)].name;
}

void read_scheme(Fields& parent, const char* name, Scheme& scheme) {
  const Json* object = parent.child(name);
  if (object == nullptr) return;
  Fields fields(*object, name);
  fields.read("asymmetric", scheme.asymmetric);
  fields.read("perChannel", scheme.per_channel);
  fields.read("bits", scheme.bits);
  fields.read("bfloat16", scheme.bfloat16);
  fields.finish();
}

struct PrecisionName {
  NodePrecision precision;
  std::string_view name;
};

constexpr PrecisionName kPrecisionNames[] = {
    {NodePrecision::Int8, "INT8"},          {NodePrecision::Int16, "INT16"},
    {NodePrecision::BFloat16, "BFLOAT_16"}, {NodePrecision::BFloat16Int8Weights, "BFLOAT_16_INT8_WEIGHTS"},
    {NodePrecision::Float, "FLOAT"},
};

NodePrecision precision_from_string(const std::string& name) {
  std::string known;
  for (const PrecisionName& entry : kPrecisionNames) {
    if (entry.name == name) return entry.precision;
    known += (known.empty() ? "" : ", ") + std::string(entry.name);
  }
  invalid("There is no precision '" + name + "'.", "The precisions are " + known + ".");
}

std::string_view to_string(NodePrecision precision) {
  for (const PrecisionName& entry : kPrecisionNames) {
    if (entry.precision == precision) return entry.name;
  }
  throw Error(ErrorCode::Internal, "A precision has no name.");
}

void read_custom_precisions(Fields& parent, std::map<std::string, NodePrecision>& precisions) {
  const Json* object = parent.child("customQuantizationConfigs");
  if (object == nullptr) return;
  if (!object->is_object()) invalid("'customQuantizationConfigs' must be an object.");
  for (const auto& [name, config] : object->items()) {
    Fields fields(config, "customQuantizationConfigs." + name);
    std::string precision;
    fields.read("quantizationPrecision", precision);
    fields.finish();
    precisions[name] = precision_from_string(precision);
  }
}

Json json_of(const std::map<std::string, NodePrecision>& precisions) {
  Json object = Json::object();
  for (const auto& [name, precision] : precisions) {
    object[name] = {{"quantizationPrecision", to_string(precision)}};
  }
  return object;
}

/// BF16, or integers of 8 bits or `other`.
void check_bits(const Scheme& scheme, const char* name, int other) {
  const std::string field = "'" + std::string(name) + ".bits'";
  if (scheme.bfloat16) {
    if (scheme.bits != 16) invalid(field + " must be 16 for bfloat16.");
    return;
  }
  if (scheme.bits == 8 || scheme.bits == other) return;
  invalid(field + " is " + std::to_string(scheme.bits) + "; it must be 8 or " + std::to_string(other) + ".");
}

void read_calibration(Fields& parent, calibrate::Method& method) {
  const Json* object = parent.child("calibration");
  if (object == nullptr) return;
  Fields fields(*object, "calibration");
  std::string kind(calibrate::to_string(method.kind));
  fields.read("method", kind);
  method.kind = calibrate::method_from_string(kind);
  fields.read("numBins", method.num_bins);
  fields.read("percentile", method.percentile);
  fields.read("movingAverageConstant", method.moving_average_constant);
  fields.finish();
}

Json json_of(const Scheme& scheme) {
  return {{"asymmetric", scheme.asymmetric},
          {"perChannel", scheme.per_channel},
          {"bits", scheme.bits},
          {"bfloat16", scheme.bfloat16}};
}

}  // namespace

void check(const QuantizationParams& params) {
  if (params.weights.asymmetric) {
    invalid("Weights must be symmetric: 'weights.asymmetric' is true.", "Set it to false.");
  }
  if (params.activations.per_channel) {
    invalid("Activations have one scale a tensor: 'activations.perChannel' is true.", "Set it to false.");
  }
  check_bits(params.activations, "activations", 16);
  check_bits(params.weights, "weights", 4);
  if (params.activations.bits == 16 && params.activations.asymmetric) {
    invalid("Activations of 16 bits are symmetric: 'activations.asymmetric' is true.", "Set it to false.");
  }
  calibrate::check(params.calibration);
}

bool same_statistics(const QuantizationParams& gathered, const QuantizationParams& wanted) {
  if (gathered.channel_equalization != wanted.channel_equalization) return false;
  const calibrate::Method& had = gathered.calibration;
  const calibrate::Method& needs = wanted.calibration;
  if (calibrate::needs_histogram(needs.kind))
    return calibrate::needs_histogram(had.kind) && had.num_bins == needs.num_bins;
  if (needs.kind == calibrate::MethodKind::MovingAverage)
    return had.moving_average_constant == needs.moving_average_constant;
  return true;
}

QuantizationParams params_from_json(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) invalid("The quantization settings are no valid JSON.");
  QuantizationParams params;
  Fields fields(document, "settings");
  read_calibration(fields, params.calibration);
  read_scheme(fields, "activations", params.activations);
  read_scheme(fields, "weights", params.weights);
  std::string mode(to_string(params.requantization));
  fields.read("requantization", mode);
  params.requantization = requantization_from_string(mode);
  std::string correction(to_string(params.bias_correction));
  fields.read("biasCorrection", correction);
  params.bias_correction = bias_correction_from_string(correction);
  fields.read("adaptiveRounding", params.adaptive_rounding);
  fields.read("channelEqualization", params.channel_equalization);
  fields.read("unquantizedNodes", params.unquantized_nodes);
  read_custom_precisions(fields, params.custom_precisions);
  fields.finish();
  check(params);
  return params;
}

std::string to_json(const QuantizationParams& params) {
  const Json document = {
      {"calibration",
       {{"method", calibrate::to_string(params.calibration.kind)},
        {"numBins", params.calibration.num_bins},
        {"percentile", params.calibration.percentile},
        {"movingAverageConstant", params.calibration.moving_average_constant}}},
      {"activations", json_of(params.activations)},
      {"weights", json_of(params.weights)},
      {"requantization", to_string(params.requantization)},
      {"biasCorrection", to_string(params.bias_correction)},
      {"adaptiveRounding", params.adaptive_rounding},
      {"channelEqualization", params.channel_equalization},
      {"unquantizedNodes", params.unquantized_nodes},
      {"customQuantizationConfigs", json_of(params.custom_precisions)},
  };
  return document.dump();
}

}  // namespace octet::quantize

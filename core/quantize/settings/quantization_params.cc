#include "quantize/settings/quantization_params.h"

#include <algorithm>
#include <climits>

#include "ir/error.h"
#include "json/value.h"

namespace octet::quantize {
namespace {

using Json = json::Value;

[[noreturn]] void invalid(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::InvalidConfig, message, {}, hint);
}

// Each takes a value over where it is of the kind, and says whether it is.
bool take(const Json& json, bool& value) {
  const std::optional<bool> given = json.boolean();
  value = given.value_or(value);
  return given.has_value();
}
bool take(const Json& json, int& value) {
  const std::optional<int64_t> given = json.integer();
  if (!given || *given < INT_MIN || *given > INT_MAX) return false;
  value = static_cast<int>(*given);
  return true;
}
bool take(const Json& json, double& value) {
  const std::optional<double> given = json.number();
  value = given.value_or(value);
  return given.has_value();
}
bool take(const Json& json, std::string& value) {
  if (json.is_string()) value = *json.string();
  return json.is_string();
}
bool take(const Json& json, std::set<std::string>& values) {
  if (!json.is_array()) return false;
  values.clear();
  for (const Json& element : json.elements()) {
    if (!element.is_string()) return false;
    values.insert(*element.string());
  }
  return true;
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
    const Json* const field = child(name);
    if (field != nullptr && !take(*field, value)) invalid("'" + path_ + "." + name + "' has the wrong type.");
  }

  const Json* child(const char* name) {
    known_.insert(name);
    return object_.find(name);
  }

  void finish() const {
    for (const auto& [name, value] : object_.members()) {
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

void read_scheme(Fields& parent, const char* name, const std::string& path, Scheme& scheme) {
  const Json* object = parent.child(name);
  if (object == nullptr) return;
  Fields fields(*object, path + name);
  fields.read("asymmetric", scheme.asymmetric);
  fields.read("perChannel", scheme.per_channel);
  fields.read("bits", scheme.bits);
  fields.read("bfloat16", scheme.bfloat16);
  fields.finish();
}

void read_calibration(Fields& parent, const std::string& path, calibrate::Method& method) {
  const Json* object = parent.child("calibration");
  if (object == nullptr) return;
  Fields fields(*object, path + "calibration");
  std::string kind(calibrate::to_string(method.kind));
  fields.read("method", kind);
  method.kind = calibrate::method_from_string(kind);
  fields.read("numBins", method.num_bins);
  fields.read("percentile", method.percentile);
  fields.read("movingAverageConstant", method.moving_average_constant);
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

/// What a node's schemes and method leave out is the default.
NodeConfig read_config(const Json& object, const std::string& path) {
  const QuantizationParams defaults;
  NodeConfig config;
  Fields fields(object, path);
  std::string precision;
  fields.read("quantizationPrecision", precision);
  if (object.contains("quantizationPrecision")) config.precision = precision_from_string(precision);
  if (object.contains("activationScheme")) {
    config.activations = defaults.activations;
    read_scheme(fields, "activationScheme", path + ".", *config.activations);
  }
  if (object.contains("weightScheme")) {
    config.weights = defaults.weights;
    read_scheme(fields, "weightScheme", path + ".", *config.weights);
  }
  if (object.contains("calibration")) {
    config.calibration = defaults.calibration;
    read_calibration(fields, path + ".", *config.calibration);
  }
  fields.finish();
  return config;
}

void read_custom_configs(Fields& parent, QuantizationParams& params) {
  const Json* object = parent.child("customQuantizationConfigs");
  if (object == nullptr) return;
  if (!object->is_object()) invalid("'customQuantizationConfigs' must be an object.");
  for (const auto& [name, config] : object->members())
    params.custom_configs[name] = read_config(config, "customQuantizationConfigs." + name);
}

void read_smooth_quant(Fields& parent, SmoothQuant& smooth_quant) {
  const Json* object = parent.child("smoothQuant");
  if (object == nullptr) return;
  Fields fields(*object, "smoothQuant");
  fields.read("enabled", smooth_quant.enabled);
  fields.read("alpha", smooth_quant.alpha);
  fields.read("search", smooth_quant.search);
  fields.finish();
}

Json json_of(const Scheme& scheme) {
  return {{"asymmetric", scheme.asymmetric},
          {"perChannel", scheme.per_channel},
          {"bits", scheme.bits},
          {"bfloat16", scheme.bfloat16}};
}

Json json_of(const calibrate::Method& method) {
  return {{"method", calibrate::to_string(method.kind)},
          {"numBins", method.num_bins},
          {"percentile", method.percentile},
          {"movingAverageConstant", method.moving_average_constant}};
}

Json json_of(const NodeConfig& config) {
  Json object = Json::object();
  if (config.precision) object["quantizationPrecision"] = to_string(*config.precision);
  if (config.activations) object["activationScheme"] = json_of(*config.activations);
  if (config.weights) object["weightScheme"] = json_of(*config.weights);
  if (config.calibration) object["calibration"] = json_of(*config.calibration);
  return object;
}

Json json_of(const std::map<std::string, NodeConfig>& configs) {
  Json object = Json::object();
  for (const auto& [name, config] : configs) object[name] = json_of(config);
  return object;
}

/// BF16, or integers of 8 bits or `other`.
void check_bits(const Scheme& scheme, const std::string& name, int other) {
  const std::string field = "'" + name + ".bits'";
  if (scheme.bfloat16) {
    if (scheme.bits != 16) invalid(field + " must be 16 for bfloat16.");
    return;
  }
  if (scheme.bits == 8 || scheme.bits == other) return;
  invalid(field + " is " + std::to_string(scheme.bits) + "; it must be 8 or " + std::to_string(other) + ".");
}

void check_weights(const Scheme& weights, const std::string& name) {
  if (weights.asymmetric) {
    invalid("Weights must be symmetric: '" + name + ".asymmetric' is true.", "Set it to false.");
  }
  check_bits(weights, name, 4);
}

void check_activations(const Scheme& activations, const std::string& name) {
  if (activations.per_channel) {
    invalid("Activations have one scale a tensor: '" + name + ".perChannel' is true.", "Set it to false.");
  }
  check_bits(activations, name, 16);
  if (activations.bits == 16 && activations.asymmetric) {
    invalid("Activations of 16 bits are symmetric: '" + name + ".asymmetric' is true.", "Set it to false.");
  }
}

/// Whether a node's schemes, where it has some, are of the kind that its precision computes with.
bool agrees(const NodeConfig& config) {
  if (!config.precision) return true;
  const auto activations = [&](bool bfloat16, int bits) {
    return !config.activations ||
           (config.activations->bfloat16 == bfloat16 && config.activations->bits == bits);
  };
  const auto weights = [&](bool bfloat16) { return !config.weights || config.weights->bfloat16 == bfloat16; };
  switch (*config.precision) {
    case NodePrecision::Int8:
      return activations(false, 8) && weights(false);
    case NodePrecision::Int16:
      return activations(false, 16) && weights(false);
    case NodePrecision::BFloat16:
      return activations(true, 16) && weights(true);
    case NodePrecision::BFloat16Int8Weights:
      return activations(true, 16) && weights(false);
    case NodePrecision::Float:
      break;
  }
  return !config.activations && !config.weights;
}

void check_config(const NodeConfig& config, const std::string& name) {
  const std::string path = "customQuantizationConfigs." + name;
  if (!config.precision && !config.activations && !config.weights && !config.calibration) {
    invalid("'" + path + "' is empty.",
            "Give quantizationPrecision, activationScheme, weightScheme or calibration.");
  }
  if (config.activations) check_activations(*config.activations, path + ".activationScheme");
  if (config.weights) check_weights(*config.weights, path + ".weightScheme");
  if (config.calibration) calibrate::check(*config.calibration);
  if (!agrees(config)) {
    invalid("The schemes of '" + path + "' are not of its precision, " +
                std::string(to_string(*config.precision)) + ".",
            "Leave out quantizationPrecision, or the scheme.");
  }
}

}  // namespace

void check(const QuantizationParams& params) {
  check_weights(params.weights, "weights");
  check_activations(params.activations, "activations");
  if (!(params.smooth_quant.alpha >= 0 && params.smooth_quant.alpha <= 1))
    invalid("'smoothQuant.alpha' must be from 0 to 1.", "0.5 is usual.");
  calibrate::check(params.calibration);
  for (const auto& [name, config] : params.custom_configs) check_config(config, name);
}

namespace {

/// Single nodes' methods by name.
std::map<std::string, calibrate::Method> own_methods(const QuantizationParams& params) {
  std::map<std::string, calibrate::Method> methods;
  for (const auto& [name, config] : params.custom_configs) {
    if (config.calibration) methods[name] = *config.calibration;
  }
  return methods;
}

}  // namespace

/// Extremes are there whatever the method; what else one looks at is there for the same method only.
bool serve(const std::map<std::string, calibrate::Method>& gathered,
           const std::map<std::string, calibrate::Method>& wanted) {
  const auto is_there = [&](const auto& entry) {
    if (entry.second.kind == calibrate::MethodKind::MinMax) return true;
    const auto found = gathered.find(entry.first);
    return found != gathered.end() && found->second == entry.second;
  };
  const auto is_wanted = [&](const auto& entry) { return wanted.contains(entry.first); };
  return std::all_of(wanted.begin(), wanted.end(), is_there) &&
         std::all_of(gathered.begin(), gathered.end(), is_wanted);
}

bool same_statistics(const QuantizationParams& gathered, const QuantizationParams& wanted) {
  if (gathered.channel_equalization != wanted.channel_equalization) return false;
  if (!serve(own_methods(gathered), own_methods(wanted))) return false;
  if (gathered.smooth_quant.enabled || wanted.smooth_quant.enabled) {
    // What is too much for the weights depends on how many scales and steps they have.
    if (gathered.smooth_quant != wanted.smooth_quant) return false;
    if (gathered.weights != wanted.weights) return false;
  }
  const calibrate::Method& had = gathered.calibration;
  const calibrate::Method& needs = wanted.calibration;
  if (calibrate::needs_histogram(needs.kind))
    return calibrate::needs_histogram(had.kind) && had.num_bins == needs.num_bins;
  if (needs.kind == calibrate::MethodKind::MovingAverage)
    return had.moving_average_constant == needs.moving_average_constant;
  return true;
}

RequantizationMode requantization_from_string(const std::string& name) {
  if (name == "sima") return RequantizationMode::Sima;
  if (name == "tflite") return RequantizationMode::Tflite;
  invalid("Requantization '" + name + "' is not known.", "Use 'sima' or 'tflite'.");
}

QuantizationParams params_from_json(std::string_view json) {
  const std::optional<Json> document = json::parsed(json);
  if (!document) invalid("The quantization settings are no valid JSON.");
  QuantizationParams params;
  Fields fields(*document, "settings");
  read_calibration(fields, "", params.calibration);
  read_scheme(fields, "activations", "", params.activations);
  read_scheme(fields, "weights", "", params.weights);
  std::string mode(to_string(params.requantization));
  fields.read("requantization", mode);
  params.requantization = requantization_from_string(mode);
  std::string correction(to_string(params.bias_correction));
  fields.read("biasCorrection", correction);
  params.bias_correction = bias_correction_from_string(correction);
  fields.read("adaptiveRounding", params.adaptive_rounding);
  fields.read("judgeMethods", params.judge_methods);
  fields.read("channelEqualization", params.channel_equalization);
  fields.read("preferInt8Udf", params.prefer_int8_udf);
  read_smooth_quant(fields, params.smooth_quant);
  fields.read("unquantizedNodes", params.unquantized_nodes);
  read_custom_configs(fields, params);
  fields.finish();
  check(params);
  return params;
}

std::string to_json(const QuantizationParams& params) {
  const Json document = {
      {"calibration", json_of(params.calibration)},
      {"activations", json_of(params.activations)},
      {"weights", json_of(params.weights)},
      {"requantization", to_string(params.requantization)},
      {"biasCorrection", to_string(params.bias_correction)},
      {"adaptiveRounding", params.adaptive_rounding},
      {"judgeMethods", params.judge_methods},
      {"channelEqualization", params.channel_equalization},
      {"preferInt8Udf", params.prefer_int8_udf},
      {"smoothQuant", Json{{"enabled", params.smooth_quant.enabled},
                           {"alpha", params.smooth_quant.alpha},
                           {"search", params.smooth_quant.search}}},
      {"unquantizedNodes", params.unquantized_nodes},
      {"customQuantizationConfigs", json_of(params.custom_configs)},
  };
  return to_string(document);
}

std::string to_json(const NodeConfig& config) { return to_string(json_of(config)); }

}  // namespace octet::quantize

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

void read_scheme(Fields& parent, const char* name, Scheme& scheme) {
  const Json* object = parent.child(name);
  if (object == nullptr) return;
  Fields fields(*object, name);
  fields.read("asymmetric", scheme.asymmetric);
  fields.read("perChannel", scheme.per_channel);
  fields.read("bits", scheme.bits);
  fields.finish();
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
  return {{"asymmetric", scheme.asymmetric}, {"perChannel", scheme.per_channel}, {"bits", scheme.bits}};
}

}  // namespace

void check(const QuantizationParams& params) {
  if (params.weights.asymmetric) {
    invalid("Weights must be symmetric: 'weights.asymmetric' is true.", "Set it to false.");
  }
  if (params.activations.per_channel) {
    invalid("Activations have one scale a tensor: 'activations.perChannel' is true.", "Set it to false.");
  }
  if (params.activations.bits != 8 || params.weights.bits != 8) {
    invalid("Activations and weights have 8 bits.", "Set 'bits' to 8.");
  }
  calibrate::check(params.calibration);
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
  fields.read("unquantizedNodes", params.unquantized_nodes);
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
      {"unquantizedNodes", params.unquantized_nodes},
  };
  return document.dump();
}

}  // namespace octet::quantize

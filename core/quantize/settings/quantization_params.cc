#include "quantize/settings/quantization_params.h"

#include <algorithm>
#include <climits>
#include <type_traits>

#include "ir/error.h"
#include "ir/text.h"
#include "json/value.h"

namespace octet::quantize {
namespace {

using Json = json::Value;

[[noreturn]] void invalid(const std::string& message, const std::string& hint = "") {
  throw Error(ErrorCode::InvalidConfig, message, {}, hint);
}

/// "'a', 'b' or 'c'".
std::string listed(std::span<const std::string_view> names) {
  std::string list;
  for (size_t i = 0; i < names.size(); ++i)
    list += text({i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", "'", names[i], "'"});
  return list;
}

// ---------------------------------------------------------------------------------------------------------
// From JSON. `path`: of the value, for errors.

[[noreturn]] void wrong_type(const std::string& path, std::string_view kind) {
  invalid(text({"'", path, "' must be ", kind, "."}));
}

void read(const Json& json, bool& value, const std::string& path) {
  if (!json.is_boolean()) wrong_type(path, "true or false");
  value = *json.boolean();
}
void read(const Json& json, int& value, const std::string& path) {
  const std::optional<int64_t> given = json.integer();
  if (!given || *given < INT_MIN || *given > INT_MAX) wrong_type(path, "a whole number");
  value = static_cast<int>(*given);
}
void read(const Json& json, double& value, const std::string& path) {
  if (!json.is_number()) wrong_type(path, "a number");
  value = *json.number();
}
template <class Choice>
requires std::is_enum_v<Choice>
void read(const Json& json, Choice& value, const std::string& path) {
  const std::span<const std::string_view> names = names_of(Choice{});
  const auto found = json.is_string() ? std::find(names.begin(), names.end(), *json.string()) : names.end();
  if (found == names.end())
    invalid(text({"'", path, "' is ", to_string(json), "; it can be ", listed(names), "."}));
  value = static_cast<Choice>(found - names.begin());
}
void read(const Json& json, std::set<std::string>& values, const std::string& path) {
  values.clear();
  for (const Json& element : json.elements()) {
    if (element.is_string()) values.insert(*element.string());
  }
  const bool all_text = std::all_of(json.elements().begin(), json.elements().end(),
                                    [](const Json& element) { return element.is_string(); });
  if (!json.is_array() || !all_text) wrong_type(path, "a list of names");
}
template <Described T>
void read(const Json& json, T& value, const std::string& path);
template <class T>
void read(const Json& json, std::optional<T>& value, const std::string& path) {
  read(json, value ? *value : value.emplace(), path);
}
/// What a node's schemes and method leave out is the default for all; what it has not itself stays away.
void read(const Json& json, std::map<std::string, NodeConfig>& configs, const std::string& path) {
  if (!json.is_object()) wrong_type(path, "an object");
  const QuantizationParams defaults;
  for (const auto& entry : json.members()) {
    const Json& given = entry.second;
    NodeConfig config = {.activations = defaults.activations,
                         .weights = defaults.weights,
                         .calibration = defaults.calibration};
    read(given, config, path + "." + entry.first);
    NodeConfig::fields([&](std::string_view field, auto member) {
      if (!given.contains(field)) (config.*member).reset();
    });
    configs[entry.first] = config;
  }
}

/// The members of an object. What is absent stays as it is; what nobody asked for is refused: a typing
/// mistake must not become a default.
template <Described T>
void read(const Json& json, T& value, const std::string& path) {
  if (!json.is_object()) wrong_type(path, "an object");
  std::vector<std::string_view> known;
  T::fields([&](std::string_view name, auto member) {
    known.push_back(name);
    const Json* const field = json.find(name);
    if (field != nullptr) read(*field, value.*member, path + "." + std::string(name));
  });
  for (const auto& [name, unused] : json.members()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    invalid(text({"'", path, "' has no field '", name, "'."}), text({"Its fields are ", joined(known), "."}));
  }
}

// ---------------------------------------------------------------------------------------------------------
// To JSON

Json written(bool value) { return value; }
Json written(int value) { return value; }
Json written(double value) { return value; }
template <class Choice>
requires std::is_enum_v<Choice> Json written(Choice value) {
  return names_of(value)[static_cast<size_t>(value)];
}
Json written(const std::set<std::string>& values) { return values; }
template <Described T>
Json written(const T& value);
template <class T>
Json written(const std::optional<T>& value) {
  return value ? written(*value) : Json();
}
Json written(const std::map<std::string, NodeConfig>& configs) {
  Json object = Json::object();
  for (const auto& [name, config] : configs) object[name] = written(config);
  return object;
}
/// What a node has not of its own is left out.
template <class T>
bool is_absent(const T&) {
  return false;
}
template <class T>
bool is_absent(const std::optional<T>& value) {
  return !value;
}
template <Described T>
Json written(const T& value) {
  Json object = Json::object();
  T::fields([&](std::string_view name, auto member) {
    if (!is_absent(value.*member)) object[name] = written(value.*member);
  });
  return object;
}

// ---------------------------------------------------------------------------------------------------------
// Checks

/// "from 0 to 1", "above 50 and at most 100", "a power of two from 128 to 16384".
std::string in_words(const Limits& limits) {
  constexpr int kDigits = 6;
  const std::string least = number_text(limits.least, kDigits);
  const std::string most = number_text(limits.most, kDigits);
  if (limits.above_least) return text({"above ", least, " and at most ", most});
  return text({limits.power_of_two ? "a power of two " : "", "from ", least, " to ", most});
}

/// Throws where a number of the struct is beyond its limits. `path`: in front of its name in the sentence.
template <Described T>
void check_limits(const T& value, std::span<const Limits> all, std::string_view path = "") {
  T::fields([&](std::string_view name, auto member) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value.*member)>>) {
      for (const Limits& limits : all) {
        if (limits.name != name || limits.allow(static_cast<double>(value.*member))) continue;
        invalid(text(
            {path, name, " is ", to_string(written(value.*member)), "; it must be ", in_words(limits), "."}));
      }
    }
  });
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
  if (config.calibration) check_limits(*config.calibration, calibrate::kMethodLimits);
  if (!agrees(config)) {
    invalid("The schemes of '" + path + "' are not of its precision, " +
                std::string(kNodePrecisionNames[static_cast<size_t>(*config.precision)]) + ".",
            "Leave out quantizationPrecision, or the scheme.");
  }
}

}  // namespace

void check(const QuantizationParams& params) {
  check_weights(params.weights, "weights");
  check_activations(params.activations, "activations");
  check_limits(params.smooth_quant, kSmoothQuantLimits, "smoothQuant.");
  check_limits(params.calibration, calibrate::kMethodLimits);
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
  RequantizationMode mode = {};
  read(Json(name), mode, "requantization");
  return mode;
}

QuantizationParams params_from_json(std::string_view json) {
  const std::optional<Json> document = json::parsed(json);
  if (!document) invalid("The quantization settings are no valid JSON.");
  QuantizationParams params;
  read(*document, params, "settings");
  check(params);
  return params;
}

std::string to_json(const QuantizationParams& params) { return to_string(written(params)); }
std::string to_json(const NodeConfig& config) { return to_string(written(config)); }

std::vector<Preset> presets() {
  const Scheme bfloat16 = {.bits = 16, .bfloat16 = true};
  QuantizationParams recommended;
  recommended.smooth_quant = {.enabled = true, .search = true};
  recommended.adaptive_rounding = true;
  recommended.bias_correction = BiasCorrection::Iterative;
  recommended.judge_methods = true;
  QuantizationParams int16;
  int16.activations = {.asymmetric = false, .bits = 16};
  QuantizationParams floats;
  floats.activations = bfloat16;
  floats.weights = bfloat16;
  return {{"recommended", recommended}, {"default", {}}, {"int16", int16}, {"bfloat16", floats}};
}

std::string settings_table() {
  const auto choices = [](auto choice) { return Json(names_of(choice)); };
  Json limits = Json::object();
  const auto add = [&](std::span<const Limits> all) {
    for (const Limits& each : all) {
      limits[each.name] = Json{{"least", each.least},
                               {"most", each.most},
                               {"aboveLeast", each.above_least},
                               {"powerOfTwo", each.power_of_two},
                               {"inWords", in_words(each)}};
    }
  };
  add(calibrate::kMethodLimits);
  add(kSmoothQuantLimits);
  Json named = Json::object();
  for (const Preset& preset : presets()) named[preset.name] = written(preset.params);
  Json histogram_methods = Json::array();
  for (size_t kind = 0; kind < calibrate::kMethodNames.size(); ++kind) {
    if (needs_histogram(static_cast<calibrate::MethodKind>(kind)))
      histogram_methods.push_back(calibrate::kMethodNames[kind]);
  }
  return to_string(Json{{"choices", Json{{"method", choices(calibrate::MethodKind{})},
                                         {"quantizationPrecision", choices(NodePrecision{})},
                                         {"biasCorrection", choices(BiasCorrection{})},
                                         {"requantization", choices(RequantizationMode{})}}},
                        {"histogramMethods", std::move(histogram_methods)},
                        {"limits", std::move(limits)},
                        {"presets", std::move(named)}});
}

}  // namespace octet::quantize

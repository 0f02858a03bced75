#include "quantize/settings/quantization_params.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "support/settings_module.h"

namespace octet::quantize {
namespace {

std::string message_of(std::string_view json) {
  try {
    params_from_json(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidConfig);
    return error.message();
  }
  return "";
}

TEST(QuantizationParams, JsonIsTheIdentity) {
  QuantizationParams params;
  params.calibration = {calibrate::MethodKind::Percentile, 1024, 99.5, 0.02};
  params.activations.asymmetric = false;
  params.weights.per_channel = false;
  params.weights.bits = 4;
  params.requantization = RequantizationMode::Tflite;
  params.bias_correction = BiasCorrection::Iterative;
  params.adaptive_rounding = true;
  params.channel_equalization = true;
  params.prefer_int8_udf = false;
  params.smooth_quant = {.enabled = true, .alpha = 0.25, .search = true};
  params.unquantized_nodes = {"a", "b;c"};
  params.custom_configs = {{"conv*", {.precision = NodePrecision::BFloat16Int8Weights}},
                           {"x", {.precision = NodePrecision::Int16}}};
  params.custom_configs["y"] = {.activations = Scheme{.asymmetric = true},
                                .weights = Scheme{.per_channel = true, .bits = 4},
                                .calibration = calibrate::Method{.kind = calibrate::MethodKind::MinMax}};
  const std::string json = to_json(params);
  EXPECT_EQ(to_json(params_from_json(json)), json);
  EXPECT_EQ(to_json(params_from_json("{}")), to_json(QuantizationParams{}));
}

TEST(QuantizationParams, RefusesWhatItCannotDo) {
  EXPECT_NE(message_of(R"({"weights":{"asymmetric":true}})").find("weights.asymmetric"), std::string::npos);
  EXPECT_NE(message_of(R"({"activations":{"perChannel":true}})").find("activations.perChannel"),
            std::string::npos);
  EXPECT_NE(message_of(R"({"calibration":{"method":"best"}})").find("best"), std::string::npos);
  EXPECT_NE(message_of(R"({"calibration":{"numBins":1000}})").find("numBins is 1000"), std::string::npos);
  EXPECT_NE(message_of(R"({"calibraton":{}})").find("calibraton"), std::string::npos);
  EXPECT_NE(message_of(R"({"activations":{"bits":16}})").find("symmetric"), std::string::npos);
  EXPECT_NE(message_of(R"({"weights":{"bits":16}})").find("weights.bits"), std::string::npos);
  EXPECT_NE(message_of(R"({"activations":{"bits":4}})").find("activations.bits"), std::string::npos);
  EXPECT_NE(message_of(R"({"weights":{"bits":8,"bfloat16":true}})").find("weights.bits"), std::string::npos);
  EXPECT_NE(
      message_of(R"({"customQuantizationConfigs":{"a":{"quantizationPrecision":"INT4"}}})").find("INT4"),
      std::string::npos);
  const auto node = [](const std::string& config) {
    return message_of(R"({"customQuantizationConfigs":{"a":)" + config + "}}");
  };
  EXPECT_NE(node("{}").find("empty"), std::string::npos);
  EXPECT_NE(node(R"({"weightScheme":{"bits":16}})").find("a.weightScheme.bits"), std::string::npos);
  EXPECT_NE(node(R"({"activationScheme":{"perChannel":true}})").find("a.activationScheme.perChannel"),
            std::string::npos);
  EXPECT_NE(node(R"({"calibration":{"method":"best"}})").find("best"), std::string::npos);
  EXPECT_NE(node(R"({"calibration":{"bins":3}})").find("customQuantizationConfigs.a.calibration"),
            std::string::npos);
  EXPECT_NE(node(R"({"quantizationPrecision":"INT16","activationScheme":{}})").find("INT16"),
            std::string::npos);
  EXPECT_NE(node(R"({"quantizationPrecision":"FLOAT","weightScheme":{}})").find("FLOAT"), std::string::npos);
  EXPECT_EQ(node(R"({"quantizationPrecision":"INT8","weightScheme":{"bits":4}})"), "");
  EXPECT_NE(message_of(R"({"requantization":3})").find("requantization"), std::string::npos);
  EXPECT_NE(message_of(R"({"biasCorrection":"twice"})").find("twice"), std::string::npos);
  EXPECT_NE(message_of(R"({"smoothQuant":{"alpha":1.5}})").find("smoothQuant.alpha"), std::string::npos);
  EXPECT_NE(message_of(R"({"adaptiveRounding":1})").find("adaptiveRounding"), std::string::npos);
  EXPECT_NE(message_of("not json").find("JSON"), std::string::npos);
}

TEST(Params, StatisticsServeOtherSettingsThatNeedNoOthers) {
  using calibrate::MethodKind;
  const auto with = [](calibrate::Method method, bool equalized = false) {
    QuantizationParams params;
    params.calibration = method;
    params.channel_equalization = equalized;
    return params;
  };
  const QuantizationParams histogram = with({.kind = MethodKind::Mse});
  const QuantizationParams extremes = with({.kind = MethodKind::MinMax});
  EXPECT_TRUE(same_statistics(histogram, with({.kind = MethodKind::Percentile, .percentile = 99})));
  EXPECT_TRUE(same_statistics(histogram, extremes));
  EXPECT_FALSE(same_statistics(extremes, histogram));
  EXPECT_FALSE(same_statistics(histogram, with({.kind = MethodKind::Entropy, .num_bins = 1024})));
  EXPECT_TRUE(same_statistics(histogram, with({.kind = MethodKind::MovingAverage})));
  EXPECT_FALSE(
      same_statistics(histogram, with({.kind = MethodKind::MovingAverage, .moving_average_constant = 0.5})));
  EXPECT_FALSE(same_statistics(histogram, with({.kind = MethodKind::Mse}, true)));
  QuantizationParams smooth = histogram;
  smooth.smooth_quant.enabled = true;
  EXPECT_FALSE(same_statistics(histogram, smooth));
  EXPECT_TRUE(same_statistics(smooth, smooth));
  QuantizationParams other = histogram;
  other.requantization = RequantizationMode::Tflite;
  other.weights.per_channel = false;
  other.bias_correction = BiasCorrection::Iterative;
  other.unquantized_nodes = {"a"};
  other.custom_configs["b"] = {.precision = NodePrecision::Int16};
  EXPECT_TRUE(same_statistics(histogram, other));
  other.custom_configs["b"].calibration = histogram.calibration;
  EXPECT_FALSE(same_statistics(histogram, other));
}

TEST(QuantizationParams, AreInTypeScriptWhatTheyAreHere) {
  std::ifstream file(std::string(OCTET_SOURCE) + "/bindings/js/src/generated/settings.ts");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, test::settings_module()) << "Run `npm run generate`.";
}

TEST(QuantizationParams, SayTheLimitsOfNumbers) {
  const auto message_of = [](const std::string& settings) {
    try {
      params_from_json(settings);
    } catch (const Error& error) {
      return error.message();
    }
    return std::string();
  };
  EXPECT_EQ(message_of(R"({"calibration":{"numBins":1000}})"),
            "numBins is 1000; it must be a power of two from 128 to 16384.");
  EXPECT_EQ(message_of(R"({"calibration":{"percentile":50}})"),
            "percentile is 50.0; it must be above 50 and at most 100.");
  EXPECT_EQ(message_of(R"({"smoothQuant":{"alpha":1.5}})"),
            "smoothQuant.alpha is 1.5; it must be from 0 to 1.");
  EXPECT_EQ(message_of(R"({"calibration":{"numBins":256,"percentile":100}})"), "");
}

TEST(QuantizationParams, StartFromPresetsThatHold) {
  for (const Preset& preset : presets()) EXPECT_NO_THROW(check(preset.params)) << preset.name;
  EXPECT_EQ(to_json(presets()[1].params), to_json(QuantizationParams{}));
}

}  // namespace
}  // namespace octet::quantize

// What crosses between JavaScript and the core, and as what:
// - documents (options, settings, descriptions, figures, sentences, errors) are JSON;
// - statistics are the bytes of core/pipeline/statistics_bytes.h, which JavaScript hands on unread;
// - what a file, a tensor or an image holds is a typed array;
// - handles of the core's objects, null where there is none;
// - as arguments also names and single numbers.
// Nothing else. Here is how each is converted; what becomes of it is the core's business.
#pragma once

#include <emscripten/val.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "formats/open/open.h"
#include "ir/tensor.h"
#include "pipeline/options.h"
#include "pipeline/quantized_model.h"
#include "quantize/settings/quantization_params.h"
#include "transforms/preprocessing.h"

namespace octet::binding {

using emscripten::val;

/// Copies a JavaScript Uint8Array.
Bytes bytes_of(const val& array);
/// Copies memory into a new Uint8Array.
val copy_of(std::span<const std::byte> bytes);

/// An argument of type T: `Wire` is as what it comes. In general it is a name, a number or a truth value.
template <class T>
struct Argument {
  using Wire = T;
  static const T& of(const T& value) { return value; }
};

/// Contents and statistics.
template <>
struct Argument<Bytes> {
  using Wire = val;
  static Bytes of(const val& array) { return bytes_of(array); }
};
template <>
struct Argument<std::span<const std::byte>> : Argument<Bytes> {};
/// An array of them.
template <>
struct Argument<std::vector<Bytes>> {
  using Wire = val;
  static std::vector<Bytes> of(const val& arrays);
};

/// A document, and what reads it.
template <auto read>
struct Document {
  using Wire = std::string;
  static auto of(const std::string& json) { return read(json); }
};
template <>
struct Argument<quantize::QuantizationParams> : Document<quantize::params_from_json> {};
template <>
struct Argument<transforms::Preprocessing> : Document<transforms::preprocessing_from_json> {};
template <>
struct Argument<pipeline::LoadOptions> : Document<pipeline::load_options_from_json> {};
template <>
struct Argument<pipeline::FinishOptions> : Document<pipeline::finish_options_from_json> {};
template <>
struct Argument<pipeline::ConvertOptions> : Document<pipeline::convert_options_from_json> {};
template <>
struct Argument<pipeline::AuxiliaryOptions> : Document<pipeline::auxiliary_options_from_json> {};
template <>
struct Argument<pipeline::ComposeOptions> : Document<pipeline::compose_options_from_json> {};
template <>
struct Argument<pipeline::PreprocessingOptions> : Document<pipeline::preprocessing_options_from_json> {};
template <>
struct Argument<std::vector<std::string>> : Document<pipeline::names_from_json> {};
template <>
struct Argument<std::span<const int>> : Document<pipeline::integers_from_json> {};
template <>
struct Argument<std::span<const double>> : Document<pipeline::numbers_from_json> {};

/// A name; the empty one stands for none.
template <>
struct Argument<std::optional<formats::tflite::IoType>> {
  using Wire = std::string;
  static std::optional<formats::tflite::IoType> of(const std::string& name) {
    if (name.empty()) return {};
    return pipeline::io_type_from_string(name);
  }
};
template <>
struct Argument<formats::tflite::IoType> : Document<pipeline::io_type_from_string> {};

// Results.
inline val to_javascript(const std::string& document) { return val(document); }
val to_javascript(const std::vector<std::string>& names);
inline val to_javascript(bool value) { return val(std::string(value ? "true" : "false")); }
val to_javascript(formats::Format format);
inline val to_javascript(std::span<const std::byte> contents) { return copy_of(contents); }
template <class T>
val to_javascript(const std::shared_ptr<T>& handle) {
  return handle == nullptr ? val::null() : val(handle);
}

}  // namespace octet::binding

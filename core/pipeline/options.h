// What the pipeline is asked for, and the JSON documents that ask for it. Octet's own library writes these; a
// field that is missing or of another kind is a defect of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/importer.h"
#include "ir/quant_params.h"
#include "ir/shape.h"
#include "ir/tensor.h"
#include "partition/target.h"
#include "transforms/preprocessing.h"

namespace octet::pipeline {

/// How a file becomes a Net. `import.external_data` is no part of the document.
struct LoadOptions {
  partition::Target target;
  formats::ImportOptions import = {};
};

/// {"target", "anyShapeOnMla", "inputShapes": {input: shape}, "outputs": [tensor]}.
LoadOptions load_options_from_json(std::string_view json);

/// What a model that was quantized with samples says of itself.
struct FinishOptions {
  std::optional<std::string> model_name = {};  ///< That of the net where there is none.
  std::string preprocessing_json = {};         ///< How images became samples; empty where unknown.
  std::string methods_json = {};  ///< What was found of the accuracy methods; empty where nothing was.
  std::string octet_version = {};
};

/// {"modelName"?, "preprocessing"?, "methods"?, "octetVersion"}.
FinishOptions finish_options_from_json(std::string_view json);

/// How an already quantized net becomes a model.
struct ConvertOptions {
  RequantizationMode requantization = RequantizationMode::Sima;
  std::optional<std::string> model_name = {};
  std::string octet_version = {};
};

/// {"requantization", "modelName"?, "octetVersion"}.
ConvertOptions convert_options_from_json(std::string_view json);

/// A network of transforms.
struct AuxiliaryOptions {
  std::string name;
  partition::Target target;
  std::string transforms_json;  ///< As transforms::auxiliary_graph() takes it.
  std::vector<Tensor> inputs;
  std::string octet_version;
};

/// {"name", "target", "transforms", "inputTypes": [{"name", "dtype", "shape", "quantization"?}],
/// "octetVersion"}.
AuxiliaryOptions auxiliary_options_from_json(std::string_view json);

struct ComposeOptions {
  std::optional<std::string> name = {};  ///< That of the first part that was quantized where there is none.
  std::string octet_version = {};
};

/// {"name"?, "octetVersion"}.
ComposeOptions compose_options_from_json(std::string_view json);

/// What a preprocessing makes of decoded pixels.
struct PreprocessingOptions {
  transforms::Preprocessing preprocessing;
  Shape image;
  Tensor input;
};

/// {"preprocessing", "imageShape", "inputType": {"name", "dtype", "shape", "quantization"?}}.
PreprocessingOptions preprocessing_options_from_json(std::string_view json);

/// A list of names.
std::vector<std::string> names_from_json(std::string_view json);
/// A list of integers, such as indices of tensors.
std::vector<int> integers_from_json(std::string_view json);
/// A list of numbers.
std::vector<double> numbers_from_json(std::string_view json);

}  // namespace octet::pipeline

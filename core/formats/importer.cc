#include "formats/importer.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "emulate/evaluate.h"
#include "formats/checks.h"
#include "ir/dequantized.h"
#include "ir/text.h"
#include "ops/operator.h"

namespace octet::formats {
namespace {

/// Larger constants are left to prepare(), which folds them too.
constexpr int64_t kMostFoldedElements = 4096;
/// More is the work of a run, not of reading a file.
constexpr int64_t kMostFoldedProducts = int64_t{1} << 30;
/// The largest nets that are made of constants beforehand take 600 MB.
constexpr int64_t kMostMemory = int64_t{768} << 20;
/// As many places to cut a model at as a sentence can name.
constexpr size_t kMostCuts = 8;

/// The same reals in int8: every integer and the zero point are 128 lower.
void make_signed(Tensor& tensor) {
  constexpr int32_t kMiddle = 128;
  tensor.dtype = DType::Int8;
  for (int32_t& zero_point : tensor.quantization->zero_point) zero_point -= kMiddle;
  if (!tensor.is_constant()) return;
  Bytes bytes(tensor.constant->begin(), tensor.constant->end());
  for (std::byte& byte : bytes) byte ^= std::byte{kMiddle};
  tensor.constant = make_constant(std::move(bytes));
}

/// "'a', 'b'".
std::string joined_quoted(std::span<const std::string> names) {
  std::vector<std::string> quoted;
  for (const std::string& name : names) quoted.push_back(text({"'", name, "'"}));
  return joined(quoted);
}

}  // namespace

void refuse_output(const std::string& name) {
  throw Error(ErrorCode::InvalidInput, "The model has no tensor '" + name + "' to end with.",
              {.tensor = name}, "Outputs are named as the tensors in the file.");
}

Shape Importer::input_shape(const std::string& name, std::vector<int32_t> dims) const {
  const auto given = options_.input_shapes.find(name);
  if (given != options_.input_shapes.end()) {
    bool fits = given->second.size() == dims.size();
    for (size_t d = 0; fits && d < dims.size(); ++d) fits = dims[d] < 1 || dims[d] == given->second[d];
    if (!fits) {
      throw Error(ErrorCode::InvalidShape,
                  "The shape given for input '" + name + "' contradicts the model's.", {.input = name},
                  "Only dimensions that the model leaves open can be chosen.");
    }
    return Shape(given->second);
  }
  if (!dims.empty() && dims[0] < 1) dims[0] = 1;
  if (std::any_of(dims.begin(), dims.end(), [](int32_t extent) { return extent < 1; })) {
    std::vector<std::string> extents;
    for (const int32_t extent : dims) extents.push_back(extent < 1 ? "?" : std::to_string(extent));
    throw Error(
        ErrorCode::InvalidShape,
        text({"Input '", name, "' has dimensions that the file leaves open: [", joined(extents), "]."}),
        {.input = name}, "Give this input's shape, such as [1, 3, 320, 320], when loading the model.");
  }
  try {
    return Shape(dims);
  } catch (const Error& error) {
    throw Error(error.code(), "Input '" + name + "': " + error.message(), {.input = name});
  }
}

void Importer::check_input_names(const std::vector<std::string>& names) const {
  for (const auto& [wanted, shape] : options_.input_shapes) {
    if (std::find(names.begin(), names.end(), wanted) != names.end()) continue;
    throw Error(ErrorCode::InvalidInput,
                "A shape is given for '" + wanted + "', which is no input of the model.", {.input = wanted});
  }
}

TensorId Importer::add_tensor(Tensor tensor) {
  if (tensor.dtype == DType::UInt8 && tensor.quantization) {
    make_signed(tensor);
    ++signed_tensors_;
  }
  return graph_.add_tensor(std::move(tensor));
}

void Importer::set_quantization(TensorId id, std::optional<QuantParams> quantization) {
  Tensor& tensor = graph_.tensor(id);
  tensor.quantization = std::move(quantization);
  if (tensor.dtype == DType::UInt8 && tensor.quantization) make_signed(tensor);
}

void Importer::read_operator(const std::string& description, const std::string& node,
                             const std::function<void()>& read,
                             const std::function<std::vector<std::string>()>& operands) {
  try {
    read();
  } catch (const UnsupportedVariant& variant) {
    if (unsupported_.empty()) first_unsupported_node_ = node;
    unsupported_.push_back(description + " '" + node + "'" +
                           (variant.reason.empty() ? "" : " (" + variant.reason + ")"));
    for (std::string& name : operands()) {
      if (std::find(cuts_.begin(), cuts_.end(), name) == cuts_.end()) cuts_.push_back(std::move(name));
    }
  } catch (const Error& error) {
    if (!error.where().node.empty() || !error.where().tensor.empty()) throw;
    throw Error(error.code(), description + " '" + node + "': " + error.message(), {.node = node},
                error.hint());
  }
}

void Importer::add(Node node) {
  check_types(node);
  check_weights(node);
  const DType declared = graph_.tensor(node.outputs[0]).dtype;
  ops::infer_shapes(graph_, node);
  if (graph_.tensor(node.outputs[0]).dtype != declared) {
    throw Error(ErrorCode::InvalidFile,
                "Node '" + node.name + "' declares an output of type " + std::string(to_string(declared)) +
                    "; it computes " + std::string(to_string(graph_.tensor(node.outputs[0]).dtype)) + ".",
                {.node = node.name});
  }
  fold(node);
  const bool is_constant = std::all_of(node.outputs.begin(), node.outputs.end(),
                                       [&](TensorId id) { return graph_.tensor(id).is_constant(); });
  if (!is_constant) graph_.nodes.push_back(std::move(node));
}

void Importer::check_types(const Node& node) const {
  const NodeView view(graph_, node);
  const auto check_tensor = [&](const Tensor& tensor) {
    if (tensor.dtype != DType::UInt8) return;
    throw Error(ErrorCode::UnsupportedModel,
                "The tensor '" + tensor.name + "' is uint8 and has no quantization parameters.",
                {.node = node.name, .tensor = tensor.name},
                "Octet reads quantized uint8 tensors. Let the model take and give float32 or int8 instead.");
  };
  for (size_t i = 0; i < view.input_count(); ++i) {
    if (view.has_input(i)) check_tensor(view.input(i));
  }
  for (size_t i = 0; i < view.output_count(); ++i) check_tensor(view.output(i));
  if (const auto problem = type_problem(graph_, node)) throw UnsupportedVariant{"it " + *problem};
}

void Importer::dequantize_weights(Node& node) {
  const std::optional<ops::WeightOperand>& rule = ops::operator_of(node.op).quantization.weight;
  // What multiplies a float matrix is stored in integers too.
  if (!rule && node.op != OpKind::BatchMatmul) return;
  const size_t operand = rule ? rule->index : 1;
  const NodeView view(graph_, node);
  if (!view.has_input(0) || !view.has_input(operand)) return;
  const Tensor& weights = view.input(operand);
  if (view.input(0).dtype != DType::Float32 || weights.dtype != DType::Int8) return;
  if (!weights.is_constant() || !weights.quantization) return;
  node.inputs[operand] = graph_.add_tensor(dequantized(weights));
  ++dequantized_weights_;
}

void Importer::check_weights(const Node& node) const {
  const std::optional<ops::WeightOperand>& rule = ops::operator_of(node.op).quantization.weight;
  const NodeView view(graph_, node);
  if (!rule || !view.has_input(rule->index) || view.input(rule->index).dtype != DType::Int8) return;
  const Tensor& weights = view.input(rule->index);
  if (!weights.quantization) return;
  const std::vector<int32_t>& zeros = weights.quantization->zero_point;
  if (std::all_of(zeros.begin(), zeros.end(), [](int32_t zero) { return zero == 0; })) return;
  throw Error(
      ErrorCode::UnsupportedModel,
      "The weights '" + weights.name + "' of '" + node.name +
          "' have a zero point that is not the middle of their range; only symmetric weights are "
          "supported.",
      {.node = node.name, .tensor = weights.name},
      "Quantizers of today write symmetric weights: load the float model that this one was made from.");
}

void Importer::fold(const Node& node) {
  if (node.op == OpKind::Quantize || node.op == OpKind::Dequantize) return;
  if (!emulate::reads_constants_only(graph_, node)) return;
  int64_t bytes = 0;
  for (const TensorId id : node.outputs) {
    const Tensor& tensor = graph_.tensor(id);
    if (folding_ == Folding::Small && tensor.shape.elements() > kMostFoldedElements) return;
    bytes += static_cast<int64_t>(tensor.byte_size());
  }
  if (ops::multiply_accumulates(graph_, node) > kMostFoldedProducts) return;
  expect_memory(bytes);
  emulate::make_constant_outputs(graph_, node);
}

bool Importer::can_end_at(TensorId id) const {
  return !graph_.tensor(id).is_constant() &&
         std::find(graph_.inputs.begin(), graph_.inputs.end(), id) == graph_.inputs.end();
}

void Importer::expect_memory(int64_t bytes) {
  expected_memory_ += bytes;
  if (expected_memory_ <= kMostMemory) return;
  throw Error(ErrorCode::OutOfMemory,
              "The constants that the model computes would take more than " +
                  std::to_string(kMostMemory >> 20) + " MiB of memory.",
              {}, "Fold the model's constants before it is saved, so that they are in the file.");
}

void Importer::report_unsupported() const {
  if (unsupported_.empty()) return;
  std::string hint = "`octet support` lists the operators that Octet knows.";
  if (!cuts_.empty()) {
    const std::span<const std::string> named(cuts_.data(), std::min(cuts_.size(), kMostCuts));
    hint += " To use the model up to there, load it with other outputs: " + joined_quoted(named) +
            (cuts_.size() > kMostCuts ? " and more." : ".");
  }
  throw Error(ErrorCode::UnsupportedOperator,
              "The model has " + std::to_string(unsupported_.size()) +
                  (unsupported_.size() == 1 ? " node" : " nodes") +
                  " that Octet does not support: " + joined(unsupported_) + ".",
              {.node = first_unsupported_node_}, hint);
}

Imported Importer::finish(std::vector<std::string> warnings) {
  std::vector<std::string> sentences;
  if (dequantized_weights_ > 0) {
    sentences.push_back("The weights of " + std::to_string(dequantized_weights_) +
                        " nodes are stored as integers beside float activations (dynamic-range "
                        "quantization). They were dequantized: the model runs in float.");
  }
  if (signed_tensors_ > 0) {
    sentences.push_back(
        "The model is quantized to uint8. It was read as int8, every integer 128 lower: the same "
        "reals, but inputs and outputs that were uint8 are int8, and a mean or interpolation that falls "
        "midway between two integers may round to the other.");
  }
  sentences.insert(sentences.end(), warnings.begin(), warnings.end());
  remove_unused_tensors(graph_);
  check(graph_);
  return {std::move(graph_), std::move(sentences)};
}

}  // namespace octet::formats

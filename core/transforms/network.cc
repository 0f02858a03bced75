#include "transforms/network.h"

#include <utility>

#include "formats/checks.h"
#include "ir/text.h"
#include "ir/unique_name.h"
#include "ops/operator.h"

namespace octet::transforms {

Network::Network(const std::string& name, const std::vector<Tensor>& inputs, const partition::Target& target)
    : target_(target) {
  graph_.name = name;
  for (const Tensor& input : inputs) {
    if (!names_.insert(input.name).second)
      throw Error(ErrorCode::InvalidConfig, text({"Two inputs are called '", input.name, "'."}));
    graph_.inputs.push_back(graph_.add_tensor(input));
  }
}

void Network::begin(const std::string& input, const std::string& transform) {
  label_ = text({input, "/", transform});
}

std::string Network::unique(const std::string& base) { return take_unique_name(names_, base, 2); }

Placement Network::placement(OpKind op) const {
  const bool cvu = target_.has_cvu && ops::operator_of(op).cvu;
  std::string reason =
      !target_.has_cvu
          ? "It is a transform, and this target has no CVU."
          : text({"It is a transform, and the CVU ", cvu ? "runs " : "does not run ", to_string(op), "."});
  return {.unit = cvu ? Unit::Cvu : Unit::Apu, .reasons = {std::move(reason)}};
}

void Network::add_node(OpKind op, Attributes attributes, std::vector<TensorId> operands,
                       std::vector<TensorId> outputs, const std::string& name) {
  graph_.nodes.push_back({.name = name,
                          .op = op,
                          .attributes = std::move(attributes),
                          .inputs = std::move(operands),
                          .outputs = std::move(outputs),
                          .source_nodes = {name},
                          .placement = placement(op)});
  const Node& node = graph_.nodes.back();
  ops::infer_shapes(graph_, node);
  if (ops::operator_of(op).quantization.output == ops::OutputQuantization::SameAsInput) {
    for (const TensorId output : node.outputs)
      graph_.tensor(output).quantization = graph_.tensor(node.inputs[0]).quantization;
  }
  if (const auto problem = formats::type_problem(graph_, node)) {
    throw Error(ErrorCode::InvalidConfig, text({to_string(op), " '", name, "' ", *problem, "."}),
                {.node = name}, "Choose the type of the input that the transform takes.");
  }
}

TensorId Network::add(OpKind op, Attributes attributes, std::vector<TensorId> operands, DType declared,
                      std::optional<QuantParams> quantization) {
  const std::string name = unique(label_);
  const TensorId output = graph_.add_tensor({.name = name,
                                             .dtype = declared,
                                             .shape = {},
                                             .constant = nullptr,
                                             .quantization = std::move(quantization)});
  add_node(op, std::move(attributes), std::move(operands), {output}, name);
  return output;
}

std::vector<TensorId> Network::add_many(OpKind op, Attributes attributes, std::vector<TensorId> operands,
                                        size_t outputs) {
  const std::string name = unique(label_);
  std::vector<TensorId> made;
  for (size_t i = 0; i < outputs; ++i) {
    Tensor tensor;
    tensor.name = unique(text({name, ":", std::to_string(i)}));
    made.push_back(graph_.add_tensor(std::move(tensor)));
  }
  add_node(op, std::move(attributes), std::move(operands), made, name);
  return made;
}

void Network::interpret(TensorId id, const QuantParams& quantization) {
  Tensor& tensor = graph_.tensor(id);
  if (tensor.quantization.value_or(quantization) == quantization) {
    tensor.quantization = quantization;
    return;
  }
  throw Error(
      ErrorCode::InvalidConfig,
      text({"The integers of '", tensor.name, "' stand for other reals than the transform takes them for."}),
      {.tensor = tensor.name}, "Give the scale and zero point that it was quantized with.");
}

Graph Network::finish(std::vector<TensorId> outputs) {
  graph_.outputs = std::move(outputs);
  check(graph_);
  return std::move(graph_);
}

}  // namespace octet::transforms

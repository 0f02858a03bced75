// Operators that work element by element, along one axis, or between representations.
#include "formats/tflite/row_helpers.h"

namespace octet::formats::tflite {
namespace {

template <class Options>
Attributes read_arithmetic(const OperatorReader& reader) {
  const Options* options = reader.optional_options<Options>();
  return Elementwise{options != nullptr ? reader.activation(options->fused_activation_function())
                                        : Activation::None};
}

template <class Options>
void write_arithmetic(OperatorWriter& writer) {
  typename Options::Builder options(writer.builder());
  options.add_fused_activation_function(schema_activation(writer.attributes<Elementwise>().activation));
  writer.set_options(options.Finish());
}

/// Operands of different shapes in more than four dimensions came later than plain ones.
bool broadcasts_beyond_4d(const NodeView& node) {
  const Shape& a = node.input(0).shape;
  const Shape& b = node.input(1).shape;
  return a != b && std::max(a.rank(), b.rank()) > 4;
}

int broadcasting_version(const NodeView& node) {
  if (node.input(0).dtype == DType::Int16) return 4;
  return broadcasts_beyond_4d(node) ? 3 : version_2_if_int8(node);
}
/// INT16 with scales that are no powers of two came late.
int sub_version(const NodeView& node) {
  return node.input(0).dtype == DType::Int16 ? 5 : broadcasting_version(node);
}
int div_version(const NodeView& node) { return broadcasts_beyond_4d(node) ? 2 : 1; }

int floor_div_version(const NodeView& node) { return node.input(0).dtype == DType::Float32 ? 2 : 1; }

int mul_version(const NodeView& node) {
  if (node.input(0).dtype == DType::Int16) return 4;
  if (node.input(0).dtype != DType::Int8) return 1;
  const auto scale = [](const Tensor& tensor) {
    return tensor.quantization ? tensor.quantization->scale[0] : 1.0f;
  };
  // Rescaling by 1 and more came in version 3.
  return scale(node.input(0)) * scale(node.input(1)) / scale(node.output()) >= 1.0f ? 3 : 2;
}

Attributes read_gelu(const OperatorReader& reader) {
  const auto* options = reader.optional_options<schema::GeluOptions>();
  return Gelu{options != nullptr && options->approximate()};
}

void write_gelu(OperatorWriter& writer) {
  writer.set_options(schema::CreateGeluOptions(writer.builder(), writer.attributes<Gelu>().approximate));
}

Attributes read_leaky_relu(const OperatorReader& reader) {
  return LeakyRelu{reader.options<schema::LeakyReluOptions>().alpha()};
}

void write_leaky_relu(OperatorWriter& writer) {
  writer.set_options(schema::CreateLeakyReluOptions(writer.builder(), writer.attributes<LeakyRelu>().alpha));
}

int leaky_relu_version(const NodeView& node) { return node.input(0).dtype == DType::Int16 ? 2 : 1; }

Attributes read_softmax(const OperatorReader& reader) {
  return Softmax{reader.options<schema::SoftmaxOptions>().beta()};
}

void write_softmax(OperatorWriter& writer) {
  writer.set_options(schema::CreateSoftmaxOptions(writer.builder(), writer.attributes<Softmax>().beta));
}

Attributes read_cast(const OperatorReader& reader) {
  // The output tensor's type; the options repeat it, and old files have none.
  return Cast{reader.output_type()};
}

void write_cast(OperatorWriter& writer) {
  writer.set_options(schema::CreateCastOptions(writer.builder(), schema_type_of(writer.node().input(0).dtype),
                                               schema_type_of(writer.attributes<Cast>().to)));
}

Attributes read_cum_sum(const OperatorReader& reader) {
  const auto& options = reader.options<schema::CumsumOptions>();
  return CumSum{reader.axis(reader.integers(1, 1)[0], reader.value(0).shape.rank()), options.exclusive(),
                options.reverse()};
}

void write_cum_sum(OperatorWriter& writer) {
  const CumSum& sum = writer.attributes<CumSum>();
  writer.scalar_operand(1, sum.axis);
  writer.set_options(schema::CreateCumsumOptions(writer.builder(), sum.exclusive, sum.reverse));
}

Attributes read_l2_normalization(const OperatorReader& reader) {
  if (const auto* options = reader.optional_options<schema::L2NormOptions>()) {
    reader.no_activation(options->fused_activation_function());
  }
  return NoAttributes{};
}

void write_l2_normalization(OperatorWriter& writer) {
  writer.set_options(schema::CreateL2NormOptions(writer.builder()));
}

int dequantize_version(const NodeView& node) {
  const Tensor& input = node.input(0);
  if (input.dtype == DType::Float16 || input.dtype == DType::Int16) return 3;
  if (input.dtype != DType::Int8) return 1;
  return input.quantization && input.quantization->is_per_channel() ? 5 : 2;
}

int quantize_version(const NodeView& node) { return node.output().dtype == DType::Int16 ? 2 : 1; }

using Code = schema::BuiltinOperator;

constexpr int kFirstOperand[] = {0};

constexpr OperatorRow kRows[] = {
    {OpKind::Add,
     Code::ADD,
     5,
     {},
     read_arithmetic<schema::AddOptions>,
     write_arithmetic<schema::AddOptions>,
     version_by_type<3>},
    {OpKind::Sub,
     Code::SUB,
     5,
     {},
     read_arithmetic<schema::SubOptions>,
     write_arithmetic<schema::SubOptions>,
     sub_version},
    {OpKind::Mul,
     Code::MUL,
     7,
     {},
     read_arithmetic<schema::MulOptions>,
     write_arithmetic<schema::MulOptions>,
     mul_version},
    {OpKind::Div,
     Code::DIV,
     2,
     {},
     read_arithmetic<schema::DivOptions>,
     write_arithmetic<schema::DivOptions>,
     div_version},
    {OpKind::FloorDiv,
     Code::FLOOR_DIV,
     3,
     {},
     read_nothing,
     write_empty<schema::FloorDivOptions>,
     floor_div_version},
    {OpKind::FloorMod, Code::FLOOR_MOD, 2, {}, read_nothing, write_empty<schema::FloorModOptions>, version_1},
    {OpKind::Minimum,
     Code::MINIMUM,
     4,
     {},
     read_nothing,
     write_empty<schema::MaximumMinimumOptions>,
     broadcasting_version},
    {OpKind::Maximum,
     Code::MAXIMUM,
     4,
     {},
     read_nothing,
     write_empty<schema::MaximumMinimumOptions>,
     broadcasting_version},
    {OpKind::Relu, Code::RELU, 3, {}, read_nothing, write_nothing, version_by_type<3>},
    {OpKind::Relu6, Code::RELU6, 3, {}, read_nothing, write_nothing, version_by_type<3>},
    {OpKind::ReluN1To1, Code::RELU_N1_TO_1, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::LeakyRelu, Code::LEAKY_RELU, 2, {}, read_leaky_relu, write_leaky_relu, leaky_relu_version},
    {OpKind::Prelu, Code::PRELU, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Logistic, Code::LOGISTIC, 3, {}, read_nothing, write_nothing, version_by_type<3>},
    {OpKind::Tanh, Code::TANH, 3, {}, read_nothing, write_nothing, version_by_type<3>},
    {OpKind::Abs, Code::ABS, 5, {}, read_nothing, write_nothing, version_by_type<3>},
    {OpKind::Ceil, Code::CEIL, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Cos, Code::COS, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Elu, Code::ELU, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Exp, Code::EXP, 2, {}, read_nothing, write_nothing, version_by_type<2>},
    {OpKind::Floor, Code::FLOOR, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Gelu, Code::GELU, 2, {}, read_gelu, write_gelu, version_2_if_int8},
    {OpKind::Log, Code::LOG, 2, {}, read_nothing, write_nothing, version_by_type<2>},
    {OpKind::Neg, Code::NEG, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Pow, Code::POW, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Relu0To1, Code::RELU_0_TO_1, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Round, Code::ROUND, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Rsqrt, Code::RSQRT, 3, {}, read_nothing, write_nothing, version_by_type<3>},
    {OpKind::Sign, Code::SIGN, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Sin, Code::SIN, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Sqrt, Code::SQRT, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::Square, Code::SQUARE, 1, {}, read_nothing, write_nothing, version_1},
    {OpKind::SquaredDifference,
     Code::SQUARED_DIFFERENCE,
     2,
     {},
     read_nothing,
     write_nothing,
     version_2_if_int8},
    {OpKind::HardSwish,
     Code::HARD_SWISH,
     1,
     {},
     read_nothing,
     write_empty<schema::HardSwishOptions>,
     version_1},
    {OpKind::Softmax, Code::SOFTMAX, 3, {}, read_softmax, write_softmax, version_by_type<3>},
    {OpKind::LogSoftmax,
     Code::LOG_SOFTMAX,
     2,
     {},
     read_nothing,
     write_empty<schema::LogSoftmaxOptions>,
     version_2_if_int8},
    {OpKind::CumSum, Code::CUMSUM, 1, kFirstOperand, read_cum_sum, write_cum_sum, version_1},
    {OpKind::Cast, Code::CAST, 6, {}, read_cast, write_cast, version_1},
    {OpKind::L2Normalization,
     Code::L2_NORMALIZATION,
     2,
     {},
     read_l2_normalization,
     write_l2_normalization,
     version_2_if_int8},
    {OpKind::Quantize,
     Code::QUANTIZE,
     3,
     {},
     read_nothing,
     write_empty<schema::QuantizeOptions>,
     quantize_version},
    {OpKind::Dequantize,
     Code::DEQUANTIZE,
     6,
     {},
     read_nothing,
     write_empty<schema::DequantizeOptions>,
     dequantize_version},
};

}  // namespace

std::span<const OperatorRow> elementwise_rows() { return kRows; }

}  // namespace octet::formats::tflite

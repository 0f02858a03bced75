// Operators whose operands or results are indices or truth values.
#include "formats/tflite/row_helpers.h"

namespace octet::formats::tflite {
namespace {

Attributes read_gather(const OperatorReader& reader) {
  const auto* options = reader.optional_options<schema::GatherOptions>();
  if (options == nullptr) return Gather{};
  const int32_t batch_dims = options->batch_dims();
  return Gather{reader.axis(options->axis(), reader.value(0).shape.rank()),
                batch_dims < 0 ? batch_dims + reader.value(1).shape.rank() : batch_dims};
}

void write_gather(OperatorWriter& writer) {
  const Gather& gather = writer.attributes<Gather>();
  writer.set_options(schema::CreateGatherOptions(writer.builder(), gather.axis, gather.batch_dims));
}

int gather_version(const NodeView& node) {
  if (node.attributes<Gather>().batch_dims != 0) return 5;
  return node.input(0).dtype == DType::Bool ? 3 : version_by_type<4>(node);
}

int gather_nd_version(const NodeView& node) {
  if (node.input(0).dtype == DType::Bool) return 5;
  return node.input(0).dtype == DType::Int16 ? 3 : 1;
}

/// Five dimensions came late.
int select_version(const NodeView& node) {
  return node.output().shape.rank() == 5 ? 3 : version_2_if_int8(node);
}

/// A comparison or an operation on truth values: no attributes.
template <class Options>
constexpr OperatorRow truth_row(OpKind kind, schema::BuiltinOperator code, int newest_version) {
  return {kind, code, newest_version, {}, read_nothing, write_empty<Options>, version_2_if_int8};
}

using Code = schema::BuiltinOperator;

constexpr OperatorRow kRows[] = {
    {OpKind::Gather, Code::GATHER, 5, {}, read_gather, write_gather, gather_version},
    {OpKind::GatherNd,
     Code::GATHER_ND,
     5,
     {},
     read_nothing,
     write_empty<schema::GatherNdOptions>,
     gather_nd_version},
    {OpKind::Select, Code::SELECT, 3, {}, read_nothing, write_empty<schema::SelectOptions>, select_version},
    {OpKind::SelectV2, Code::SELECT_V2, 1, {}, read_nothing, write_empty<schema::SelectV2Options>, version_1},
    truth_row<schema::EqualOptions>(OpKind::Equal, Code::EQUAL, 4),
    truth_row<schema::NotEqualOptions>(OpKind::NotEqual, Code::NOT_EQUAL, 3),
    truth_row<schema::LessOptions>(OpKind::Less, Code::LESS, 3),
    truth_row<schema::LessEqualOptions>(OpKind::LessEqual, Code::LESS_EQUAL, 2),
    truth_row<schema::GreaterOptions>(OpKind::Greater, Code::GREATER, 2),
    truth_row<schema::GreaterEqualOptions>(OpKind::GreaterEqual, Code::GREATER_EQUAL, 3),
    truth_row<schema::LogicalAndOptions>(OpKind::LogicalAnd, Code::LOGICAL_AND, 1),
    truth_row<schema::LogicalOrOptions>(OpKind::LogicalOr, Code::LOGICAL_OR, 1),
    truth_row<schema::LogicalNotOptions>(OpKind::LogicalNot, Code::LOGICAL_NOT, 1),
};

}  // namespace

std::span<const OperatorRow> selection_rows() { return kRows; }

}  // namespace octet::formats::tflite

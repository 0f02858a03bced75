"""Which of the onnx package's cases Octet is to run, by what a model holds and never by what fails.

usage: python scope.py --write    writes out_of_scope.md anew"""

from __future__ import annotations

import argparse
import collections
import pathlib
from collections.abc import Iterator

import numpy as np
from backend_cases import Case, backend_cases, is_finite
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, numpy_helper

OUT_OF_SCOPE = pathlib.Path(__file__).parent / "out_of_scope.md"

OLDEST_OPSET = 6
_HIGHEST_RANK = 8

# What image and transformer nets for vision are made of.
OPERATORS = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "ArgMax",
        "ArgMin",
        "Attention",
        "AveragePool",
        "BatchNormalization",
        "Cast",
        "CastLike",
        "Ceil",
        "Celu",
        "Clip",
        "Concat",
        "Constant",
        "ConstantOfShape",
        "Conv",
        "ConvTranspose",
        "Cos",
        "CumSum",
        "DepthToSpace",
        "Div",
        "Dropout",
        "Einsum",
        "Elu",
        "Equal",
        "Erf",
        "Exp",
        "Expand",
        "EyeLike",
        "Flatten",
        "Floor",
        "Gather",
        "GatherElements",
        "GatherND",
        "Gelu",
        "Gemm",
        "GlobalAveragePool",
        "GlobalMaxPool",
        "Greater",
        "GreaterOrEqual",
        "GroupNormalization",
        "HardSigmoid",
        "HardSwish",
        "Hardmax",
        "Identity",
        "If",
        "InstanceNormalization",
        "LRN",
        "LayerNormalization",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Log",
        "LogSoftmax",
        "LpNormalization",
        "MatMul",
        "Max",
        "MaxPool",
        "Mean",
        "MeanVarianceNormalization",
        "Min",
        "Mish",
        "Mod",
        "Mul",
        "Neg",
        "Not",
        "OneHot",
        "Or",
        "PRelu",
        "Pad",
        "Pow",
        "RMSNormalization",
        "Range",
        "Reciprocal",
        "ReduceL1",
        "ReduceL2",
        "ReduceLogSum",
        "ReduceLogSumExp",
        "ReduceMax",
        "ReduceMean",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "ReduceSumSquare",
        "Relu",
        "Reshape",
        "Resize",
        "RotaryEmbedding",
        "Round",
        "Scatter",
        "ScatterElements",
        "ScatterND",
        "Selu",
        "Shape",
        "Shrink",
        "Sigmoid",
        "Sign",
        "Sin",
        "Size",
        "Slice",
        "Softmax",
        "Softplus",
        "Softsign",
        "SpaceToDepth",
        "Split",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Sum",
        "SwiGLU",
        "Swish",
        "Tanh",
        "ThresholdedRelu",
        "Tile",
        "Transpose",
        "Trilu",
        "Unsqueeze",
        "Upsample",
        "Where",
        "Xor",
    ]
)

_REASONS = {
    "The shape of its results depends on its data": ("Compress", "NonMaxSuppression", "NonZero", "Unique"),
    "A loop": ("Loop", "Scan"),
    "A recurrent net": ("GRU", "LSTM", "RNN"),
    "State that a net keeps from run to run": ("CausalConvWithState", "LinearAttention", "TensorScatter"),
    "For training": ("NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"),
    "Random numbers": (
        *(
            "Bernoulli",
            "Multinomial",
            "RandomNormal",
            "RandomNormalLike",
            "RandomUniform",
            "RandomUniformLike",
        ),
    ),
    "Quantized": (
        *("ConvInteger", "DequantizeLinear", "DynamicQuantizeLinear", "MatMulInteger", "QLinearConv"),
        *("QLinearMatMul", "QuantizeLinear"),
    ),
    "Reads files of images": ("ImageDecoder",),
    "Sound": ("BlackmanWindow", "DFT", "HammingWindow", "HannWindow", "MelWeightMatrix", "STFT"),
    "Bits of integers": (*("BitCast", "BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor"),),
    "Strings, sequences or optional values": (
        *("ConcatFromSequence", "Optional", "OptionalGetElement", "OptionalHasElement", "RegexFullMatch"),
        *("SequenceAt", "SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert"),
        *("SequenceLength", "SequenceMap", "SplitToSequence", "StringConcat", "StringNormalizer"),
        *("StringSplit", "TfIdfVectorizer"),
    ),
}
_REASON_OF = {operator: reason for reason, operators in _REASONS.items() for operator in operators}

_FLOATS = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.BFLOAT16, TensorProto.DOUBLE}
_INTEGERS = {
    *(TensorProto.INT8, TensorProto.UINT8, TensorProto.INT16, TensorProto.UINT16),
    *(TensorProto.INT32, TensorProto.UINT32, TensorProto.INT64, TensorProto.UINT64),
}
_TYPES = _FLOATS | _INTEGERS | {TensorProto.BOOL}


def opset_of(model: ModelProto) -> int:
    """The version of ONNX's own operators."""
    return max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)


def nodes_of(graph_nodes) -> Iterator[NodeProto]:
    """The nodes, and those of the graphs that they hold."""
    for node in graph_nodes:
        yield node
        for attribute in node.attribute:
            yield from nodes_of(attribute.g.node)


def _attribute(node: NodeProto, name: str, default=None):
    for attribute in node.attribute:
        if attribute.name == name:
            if attribute.type == AttributeProto.STRING:
                return attribute.s.decode()
            if attribute.type == AttributeProto.INTS:
                return list(attribute.ints)
            return attribute.i
    return default


def _by_domain(model: ModelProto) -> str | None:
    for node in model.graph.node:
        if node.domain not in ("", "ai.onnx", "com.microsoft"):
            return f"An operator of {node.domain}"
    return None


def _types(model: ModelProto) -> Iterator[int]:
    graph = model.graph
    for value in (*graph.input, *graph.output):
        yield value.type.tensor_type.elem_type
    for tensor in graph.initializer:
        yield tensor.data_type
    for node in nodes_of(graph.node):
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t.data_type
        if node.op_type == "Cast":
            yield _attribute(node, "to")


def _by_type(model: ModelProto) -> str | None:
    for value in (*model.graph.input, *model.graph.output):
        if value.type.WhichOneof("value") != "tensor_type":
            return "Strings, sequences or optional values"
    for kind in _types(model):
        if kind == TensorProto.STRING:
            return "Strings, sequences or optional values"
        if kind not in _TYPES:
            return f"Elements of type {TensorProto.DataType.Name(kind)}"
    return None


def _by_operator(model: ModelProto) -> str | None:
    for node in nodes_of(model.graph.node):
        if node.op_type in _REASON_OF:
            return f"{_REASON_OF[node.op_type]}: {node.op_type}"
    for node in nodes_of(model.graph.node):
        if node.op_type not in OPERATORS and node.domain in ("", "ai.onnx"):
            return f"Not an operator of nets for vision: {node.op_type}"
    return None


def _of_variant(node: NodeProto, initializers: dict[str, TensorProto]) -> str | None:
    """Variants of operators that are read which are not."""
    kernel = _attribute(node, "kernel_shape", [])
    if node.op_type in ("Conv", "ConvTranspose") and not kernel and node.input[1] in initializers:
        kernel = initializers[node.input[1]].dims[2:]
    results = len([name for name in node.output if name])
    match node.op_type:
        case "Conv" | "ConvTranspose" | "MaxPool" | "AveragePool" if len(kernel) > 2:
            return "Windows in three dimensions"
        case "MaxPool" if results > 1:
            return "Positions of maxima"
        case "MaxPool" if any(extent != 1 for extent in _attribute(node, "dilations", [])):
            return "Maxima over dilated windows"
        case "AveragePool" if any(extent != 1 for extent in _attribute(node, "dilations", [])):
            return "Means over dilated windows"
        case "BatchNormalization" if _attribute(node, "training_mode", 0) or results > 1:
            return "For training: BatchNormalization"
        case "Dropout" if results > 1 and len(node.input) > 2:
            return "For training: Dropout"
        case "Dropout" if len(node.input) > 2 and _is_true(initializers.get(node.input[2])):
            return "For training: Dropout"
        case "Attention" if len(node.input) > 6:
            return "State that a net keeps from run to run: Attention"
        case "Attention" if len(node.output) > 3 and _attribute(node, "qk_matmul_output_mode", 0) == 2:
            return "Masked scores as a result: Attention"
        case "ScatterND" | "ScatterElements" if _attribute(node, "reduction", "none") != "none":
            return f"Scattering that reduces: {node.op_type}"
    return None


def _is_true(tensor: TensorProto | None) -> bool:
    return tensor is not None and bool(numpy_helper.to_array(tensor))


def _by_variant(model: ModelProto) -> str | None:
    initializers = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in nodes_of(model.graph.node):
        if reason := _of_variant(node, initializers):
            return reason
    return None


def _by_data(case: Case) -> str | None:
    for values in case.inputs.values():
        if values.size == 0:
            return "Data without elements"
        if values.dtype.kind in "iu":
            return "Arithmetic with integers as data"
        if values.dtype.kind != "b" and not is_finite(values):
            return "Data that are no finite numbers"
        if values.ndim > _HIGHEST_RANK:
            return f"More than {_HIGHEST_RANK} dimensions"
    for values in case.expected:
        if values.size == 0:
            return "Results without elements"
        if values.dtype == np.float64 and np.isfinite(values).all() and not is_finite(values):
            return "Results beyond float32"
    return None


def reason_out_of_scope(case: Case) -> str | None:
    """Why the case is not in scope, or None where it is."""
    if opset_of(case.model) < OLDEST_OPSET:
        return f"An opset before {OLDEST_OPSET}"
    for rule in (_by_domain, _by_type, _by_operator, _by_variant):
        if reason := rule(case.model):
            return reason
    return _by_data(case)


def cases_in_scope() -> list[Case]:
    return [case for case in backend_cases() if reason_out_of_scope(case) is None]


def listing() -> str:
    """The text of out_of_scope.md."""
    cases = backend_cases()
    reasons = collections.defaultdict(list)
    for case in cases:
        if reason := reason_out_of_scope(case):
            reasons[reason].append(case.id)
    out = sum(map(len, reasons.values()))
    lines = [
        "# Cases of the onnx package that Octet is not to run",
        "",
        f"Written by `scope.py --write`. Of {len(cases)} cases {len(cases) - out} are in scope and {out} are not:",
    ]
    for reason in sorted(reasons):
        lines += ["", f"## {reason} ({len(reasons[reason])})", ""]
        lines += [f"- {name}" for name in sorted(reasons[reason])]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write out_of_scope.md")
    if parser.parse_args().write:
        OUT_OF_SCOPE.write_text(listing())
    else:
        print(listing(), end="")


if __name__ == "__main__":
    main()

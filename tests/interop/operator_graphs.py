"""One-operator float graphs for the whole pipeline, made from the integer cases: the same shapes and attributes, with
the constants' real values."""

from __future__ import annotations

import dataclasses

import numpy as np

import record_vectors
from tflite_builder import ModelBuilder, Tensor, constant
from vector_cases import Case, all_cases, random_state

# Cases of these differ in quantization parameters alone; one of each is enough. Conversions have no float graph.
_ONE_CASE = {"RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH"}
_ONE_CASE |= {"ABS", "ELU", "EXP", "LOG", "RSQRT"}
# Not defined for negative numbers.
_OF_POSITIVE = {"LOG", "RSQRT", "SQRT", "POW"}
_CONVERSIONS = {"QUANTIZE", "DEQUANTIZE"}
_VERSIONS = {"FULLY_CONNECTED": 5, "TRANSPOSE_CONV": 3}


@dataclasses.dataclass(frozen=True)
class OperatorGraph:
    name: str
    model: bytes
    inputs: tuple[str, ...]
    samples: list[list[np.ndarray]]  # Each one array an input.


def _as_float(tensor: Tensor | None) -> Tensor | None:
    if tensor is None or tensor.scale is None:
        return tensor
    if tensor.data is None:
        return Tensor(tensor.shape, "float32", name=tensor.name)
    scale = np.atleast_1d(np.asarray(tensor.scale, np.float32))
    if len(scale) > 1:
        extents = [1] * tensor.data.ndim
        extents[tensor.axis] = len(scale)
        scale = scale.reshape(extents)
    values = (tensor.data.astype(np.float32) - np.float32(tensor.zero_point)) * scale
    return Tensor(tensor.shape, "float32", data=values.astype(np.float32), name=tensor.name)


def _float_case(case: Case) -> Case:
    inputs = [_as_float(tensor) for tensor in case.inputs]
    free = [tensor for tensor in inputs if tensor is not None and tensor.data is None]
    for index, tensor in enumerate(free):
        tensor.name = f"input_{index}"
    outputs = [_as_float(tensor) for tensor in case.outputs]
    for index, tensor in enumerate(outputs):
        tensor.name = f"output_{index}"
    version = _VERSIONS.get(case.operator, case.version)
    return dataclasses.replace(case, inputs=inputs, outputs=outputs, version=version, feeds=None)


def _division() -> list[Case]:
    return [
        Case(
            "DIV",
            name,
            [Tensor(a, "float32", name="input_0"), Tensor(b, "float32", name="input_1")],
            [Tensor((), "float32", name="output_0")],
            options="DivOptions",
        )
        for name, a, b in (("same", (1, 3, 5, 7), (1, 3, 5, 7)), ("channels", (1, 4, 3, 5), (1, 1, 1, 5)))
    ]


def _float_only() -> list[Case]:
    """Operators for which TFLite has no usable INT8 kernel."""

    def graph(operator, name, shapes, operands=()):
        inputs = [Tensor(shape, "float32", name=f"input_{index}") for index, shape in enumerate(shapes)]
        return Case(operator, name, [*inputs, *operands], [Tensor((), "float32", name="output_0")])

    shape = (1, 3, 5, 7)
    exponents = {"root": 0.5, "inverse_root": -0.5, "square": 2, "cube": 3}
    return [
        *(graph(operator, "image", [shape]) for operator in ("SQRT", "SQUARE")),
        *(
            graph("POW", name, [shape], [constant(np.float32(exponent), "float32")])
            for name, exponent in exponents.items()
        ),
    ]


def _norms() -> list[OperatorGraph]:
    """Normalizations as converters write them, which the accelerator runs as a whole."""
    shape, axes = (1, 4, 5, 8), {"LAYER_NORM": (3,), "INSTANCE_NORM": (1, 2), "RMS_NORM": (3,)}

    def graph(kind: str, form: str) -> OperatorGraph:
        builder = ModelBuilder()
        state = random_state(f"{kind}/{form}")
        x = Tensor(shape, "float32", name="input_0")

        def node(operator, *inputs, reduced=False, **fields):
            kept = tuple(1 if axis in axes[kind] else extent for axis, extent in enumerate(shape))
            out = Tensor(kept if reduced else shape, "float32", name=f"{operator.lower()}_{len(names)}")
            names.append(out.name)
            options = {"ADD": "AddOptions", "SUB": "SubOptions", "MUL": "MulOptions", "DIV": "DivOptions"}
            options |= {"MEAN": "ReducerOptions"}
            builder.add(operator, inputs, [out], options.get(operator, ""), 1, **fields)
            return out

        def mean(of):
            return node("MEAN", of, constant(axes[kind], "int32"), reduced=True, keepDims=True)

        def inverse(squares, root="RSQRT"):
            epsilon = constant(np.float32(1e-3), "float32")
            return node(root, node("ADD", mean(squares), epsilon, reduced=True), reduced=True)

        names: list[str] = []
        gamma = constant(np.asarray(1 + state.rand(shape[3]), np.float32), "float32")
        beta = constant(np.asarray(state.rand(shape[3]), np.float32), "float32")
        if kind == "RMS_NORM":
            y = node("MUL", node("MUL", x, inverse(node("MUL", x, x))), gamma)
        elif form == "keras":
            centre = mean(x)
            scale = node("MUL", inverse(node("SQUARED_DIFFERENCE", x, centre)), gamma)
            y = node("ADD", node("MUL", x, scale), node("SUB", beta, node("MUL", centre, scale)))
        else:
            centred = node("SUB", x, mean(x))
            normal = node("DIV", centred, inverse(node("MUL", centred, centred), "SQRT"))
            y = node("ADD", node("MUL", normal, gamma), beta)
        samples = [[np.asarray(state.normal(0.5, 2, shape), np.float32)] for _ in range(4)]
        return OperatorGraph(f"{kind}/{form}", builder.finish([x], [y]), ("input_0",), samples)

    forms = [("LAYER_NORM", "keras"), ("LAYER_NORM", "divided")]
    forms += [("INSTANCE_NORM", "keras"), ("INSTANCE_NORM", "divided"), ("RMS_NORM", "plain")]
    return [graph(kind, form) for kind, form in forms]


def operator_graphs() -> list[OperatorGraph]:
    graphs = _norms()
    seen = set()
    for case in [*all_cases(), *_division(), *_float_only()]:
        if case.operator in _CONVERSIONS or (case.operator in _ONE_CASE and case.operator in seen):
            continue
        seen.add(case.operator)
        float_case = (
            case if case.inputs[0] is not None and case.inputs[0].dtype == "float32" else _float_case(case)
        )
        free = [tensor for tensor in float_case.inputs if tensor is not None and tensor.data is None]
        state = random_state(f"{case.operator}/{case.name}/float")
        samples = [
            [np.asarray(state.normal(0, 2, tensor.shape), np.float32) for tensor in free] for _ in range(4)
        ]
        if case.operator in _OF_POSITIVE:
            samples = [[np.abs(values) + np.float32(0.01) for values in sample] for sample in samples]
        graphs.append(
            OperatorGraph(
                f"{case.operator}/{case.name}",
                record_vectors.build_with_shapes(float_case, samples[0]),
                tuple(tensor.name for tensor in free),
                samples,
            )
        )
    return graphs

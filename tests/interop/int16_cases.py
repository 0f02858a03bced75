"""The table of 16x8 cases, made from the INT8 ones: the same shapes and attributes, activations of 16 bits and zero point
0, weights of 8 bits, biases of 64. Scales are those of INT8 by 256, so that ranges stay about as they are."""

from __future__ import annotations

import dataclasses

import numpy as np

from tflite_builder import Tensor, constant
from vector_cases import Case, all_cases, random_integers, random_state

# No INT16 kernel in TFLite. That of PRELU reads its slopes as INT8, whatever their type.
WITHOUT_INT16 = {
    "ARG_MAX",
    "DEPTH_TO_SPACE",
    "ELU",
    "EQUAL",
    "GELU",
    "GREATER",
    "GREATER_EQUAL",
    "HARD_SWISH",
    "L2_NORMALIZATION",
    "LESS",
    "LESS_EQUAL",
    "LOG_SOFTMAX",
    "NOT_EQUAL",
    "PRELU",
    "RELU_0_TO_1",
    "RELU_N1_TO_1",
    "SPACE_TO_DEPTH",
    "SQUARED_DIFFERENCE",
}
_WEIGHTED = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV"}
_FIXED_SCALE = {"LOGISTIC", "SOFTMAX", "TANH"}
_FINER = 256


def _activation(tensor: Tensor) -> Tensor:
    data = tensor.data
    if data is not None:
        noise = random_state(f"{data.shape}").randint(0, _FINER, data.shape)
        data = (data.astype(np.int16) * _FINER + noise).astype(np.int16)
    return dataclasses.replace(tensor, dtype="int16", scale=tensor.scale / _FINER, zero_point=0, data=data)


def _bias(tensor: Tensor) -> Tensor:
    scale = tuple(np.float32(np.atleast_1d(tensor.scale) / _FINER).tolist())
    return constant(tensor.data.astype(np.int64) * _FINER + 77, "int64", scale=scale)


def _input(case: Case, tensor: Tensor | None) -> Tensor | None:
    if tensor is None or tensor.scale is None:
        return tensor
    weighted = case.operator in _WEIGHTED
    if weighted and tensor.data is not None:
        return _bias(tensor) if tensor.dtype == "int32" else tensor
    return _activation(tensor)


def _as_int16(case: Case) -> Case:
    inputs = [_input(case, tensor) for tensor in case.inputs]
    outputs = []
    for tensor in case.outputs:
        if tensor.scale is None:
            outputs.append(tensor)
        elif case.operator in _FIXED_SCALE:
            outputs.append(dataclasses.replace(tensor, dtype="int16", scale=1 / 32768, zero_point=0))
        else:
            outputs.append(_activation(tensor))
    name = f"int16_{case.name}"
    feeds = None
    if case.feeds is not None:
        feeds = [
            random_integers(f"{case.operator}/{name}/{i}", feed.shape, "int16")
            for i, feed in enumerate(case.feeds)
        ]
        if case.operator == "RSQRT":  # The reference kernel refuses negative numbers.
            feeds = [feed & 0x7FFF for feed in feeds]
        if "constant" in case.name:
            feeds = [np.full(feed.shape, np.iinfo(np.int16).max, np.int16) for feed in case.feeds]
    return dataclasses.replace(case, name=name, inputs=inputs, outputs=outputs, feeds=feeds)


def _deep(name: str, depth: int, weight: int, feed: int) -> Case:
    """A row whose sum of products leaves 32 bits."""
    weights = constant(np.full((9, depth), weight), "int8", scale=0.01)
    bias = constant(np.arange(9) * (1 << 33), "int64", scale=0.01 * 0.001)
    return Case(
        "FULLY_CONNECTED",
        name,
        [Tensor((3, depth), "int16", 0.001), weights, bias],
        [Tensor((), "int16", 0.01 * depth)],
        4,
        "FullyConnectedOptions",
        feeds=[np.full((3, depth), feed, np.int16)],
    )


def _conversions():
    values = random_integers("conversions", (1, 64, 16, 1), "int16")
    bytes_ = random_integers("conversions", (1, 16, 16, 1), "int8")

    def case(operator, name, source, target, feed):
        return Case(operator, name, [source], [target], 1, feeds=[feed])

    def int16(scale, shape=()):
        return Tensor(shape, "int16", scale)

    for name, source, target in (("finer", 0.003, 0.0004), ("coarser", 0.0002, 0.003), ("same", 0.01, 0.01)):
        yield case("QUANTIZE", f"int16_{name}", int16(source, values.shape), int16(target), values)
        narrow = Tensor((), "int8", target * 256, -9)
        yield case("QUANTIZE", f"int16_to_int8_{name}", int16(source, values.shape), narrow, values)
        wide = Tensor(bytes_.shape, "int8", source * 256, 5)
        yield case("QUANTIZE", f"int8_to_int16_{name}", wide, int16(target), bytes_)
    reals = (random_state("reals").rand(300).astype(np.float32) - np.float32(0.5)) * np.float32(16)
    halves = (np.arange(-40, 40, dtype=np.float32) + np.float32(0.5)) * np.float32(0.0625)
    feed = np.concatenate([reals, halves, np.float32([0, -0.0, 1e5, -1e5])])
    for scale in (0.0625, 0.0002):
        yield case("QUANTIZE", f"float_to_int16_{scale}", Tensor(feed.shape, "float32"), int16(scale), feed)
    yield case("DEQUANTIZE", "int16", int16(0.00037, values.shape), Tensor((), "float32"), values)


def int16_cases():
    for case in all_cases():
        if case.operator in WITHOUT_INT16 or case.operator in {"QUANTIZE", "DEQUANTIZE"}:
            continue
        yield _as_int16(case)
    yield _deep("int16_deep_positive", 1500, 127, 32767)
    yield _deep("int16_deep_negative", 1500, -127, 32767)
    yield _deep("int16_deep_lowest", 1021, 127, -32768)
    yield from _conversions()

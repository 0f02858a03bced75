"""The table of integer cases: every operator with an INT8 kernel in TFLite, over shapes with odd tails, broadcasts,
strides, dilations, paddings, activations, and zero points and values at the ends of their ranges."""

from __future__ import annotations

import dataclasses
import math
import zlib

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tflite_builder import Tensor, constant

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
NONE = schema.ActivationFunctionType.NONE
RELU = schema.ActivationFunctionType.RELU
RELU6 = schema.ActivationFunctionType.RELU6
RELU_N1_TO_1 = schema.ActivationFunctionType.RELU_N1_TO_1


@dataclasses.dataclass
class Case:
    """One operator with its operands; those without data are inputs of the graph, filled with `feeds` or random values."""

    operator: str
    name: str
    inputs: list[Tensor | None]
    outputs: list[Tensor]
    version: int = 1
    options: str = ""
    fields: dict = dataclasses.field(default_factory=dict)
    feeds: list[np.ndarray] | None = None


def random_state(name: str) -> np.random.RandomState:
    """RandomState's streams are frozen by NumPy's policy, so that recording repeats on any version."""
    return np.random.RandomState(zlib.crc32(name.encode()))


def random_integers(name: str, shape, dtype: str) -> np.ndarray:
    limits = np.iinfo(dtype)
    return random_int8(name, shape, limits.min, limits.max, dtype)


def random_int8(name: str, shape, low: int = -128, high: int = 127, dtype: str = "int8") -> np.ndarray:
    values = random_state(name).randint(low, high + 1, shape).astype(dtype)
    if values.size > 8:  # The extremes are always among them.
        values.flat[1], values.flat[values.size - 2] = low, high
    return values


def int8(shape, scale: float, zero_point: int) -> Tensor:
    return Tensor(tuple(shape), "int8", scale, zero_point)


ALL_VALUES = np.arange(-128, 128, dtype=np.int8)


def _weights(name: str, shape, axis: int, per_channel: bool, spread: float = 1.0) -> Tensor:
    channels = shape[axis]
    scales = 0.01 * spread * (0.5 + random_state(name + "/scales").rand(channels))
    scale = tuple(np.float32(s) for s in scales) if per_channel else float(np.float32(scales[0]))
    return Tensor(tuple(shape), "int8", scale, 0, axis, random_int8(name + "/weights", shape, -127, 127))


def _bias(name: str, source: Tensor, weights: Tensor, channels: int, bound: int = 4000) -> Tensor:
    product = np.float32(source.scale) * np.atleast_1d(np.asarray(weights.scale, np.float32))
    values = random_state(name + "/bias").randint(-bound, bound + 1, channels)
    return constant(values, "int32", scale=tuple(product.tolist()))


def _convolutions():
    # name, input, filter extent, outputs, stride, dilation, padding, activation, zero points, output scale, per channel
    table = [
        ("pointwise", (1, 5, 7, 3), (1, 1), 5, (1, 1), (1, 1), VALID, NONE, (3, -7), 0.3, True),
        ("pointwise_wide", (1, 3, 3, 37), (1, 1), 17, (1, 1), (1, 1), VALID, RELU, (-128, -128), 0.2, True),
        ("same_3x3", (1, 7, 5, 4), (3, 3), 9, (1, 1), (1, 1), SAME, NONE, (-1, 0), 0.2, True),
        (
            "same_3x3_stride_2",
            (1, 9, 8, 3),
            (3, 3),
            8,
            (2, 2),
            (1, 1),
            SAME,
            RELU6,
            (127, -128),
            0.0235,
            True,
        ),
        (
            "valid_5x3_uneven_stride",
            (2, 11, 9, 2),
            (5, 3),
            3,
            (3, 2),
            (1, 1),
            VALID,
            NONE,
            (-128, 127),
            0.4,
            True,
        ),
        ("dilated", (1, 10, 11, 3), (3, 3), 4, (1, 1), (2, 3), SAME, NONE, (17, 5), 0.2, True),
        ("per_tensor", (1, 6, 6, 3), (3, 3), 7, (1, 1), (1, 1), SAME, RELU_N1_TO_1, (0, 0), 0.01, False),
        ("saturating", (1, 4, 5, 8), (3, 3), 5, (1, 1), (1, 1), SAME, NONE, (-128, 3), 0.002, True),
        ("many", (1, 12, 12, 7), (3, 3), 24, (1, 1), (1, 1), VALID, NONE, (3, -3), 2.1, True),
        ("whole_input", (1, 5, 4, 6), (5, 4), 11, (1, 1), (1, 1), VALID, NONE, (-20, 20), 0.5, True),
    ]
    for (
        name,
        shape,
        extent,
        outputs,
        stride,
        dilation,
        padding,
        activation,
        zeros,
        scale,
        per_channel,
    ) in table:
        source = int8(shape, 0.05, zeros[0])
        spread = 0.3 if activation == RELU6 else 1.0
        weights = _weights(name, (outputs, *extent, shape[3]), 0, per_channel, spread)
        yield Case(
            "CONV_2D",
            name,
            [source, weights, _bias(name, source, weights, outputs)],
            [int8((), scale, zeros[1])],
            3,
            "Conv2DOptions",
            dict(
                padding=padding,
                strideH=stride[0],
                strideW=stride[1],
                dilationHFactor=dilation[0],
                dilationWFactor=dilation[1],
                fusedActivationFunction=activation,
            ),
        )
    # A multiplier above one shifts to the left; small operands keep the results in range.
    source = int8((1, 3, 4, 2), 0.05, 1)
    weights = constant(random_int8("small", (3, 1, 1, 2), -3, 3), "int8", scale=(0.01, 0.013, 0.007))
    yield Case(
        "CONV_2D",
        "multiplier_above_one",
        [source, weights, _bias("small", source, weights, 3, 9)],
        [int8((), 0.00022, -2)],
        3,
        "Conv2DOptions",
        dict(padding=VALID, strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1),
        [random_int8("small/input", (1, 3, 4, 2), -4, 6)],
    )
    source = int8((1, 5, 5, 6), 0.05, 4)
    weights = _weights("grouped", (8, 3, 3, 3), 0, True)
    yield Case(
        "CONV_2D",
        "grouped",
        [source, weights, _bias("grouped", source, weights, 8)],
        [int8((), 0.2, -3)],
        6,
        "Conv2DOptions",
        dict(padding=SAME, strideH=1, strideW=1, dilationHFactor=1, dilationWFactor=1),
    )


def _depthwise():
    table = [
        ("same_3x3", (1, 7, 6, 5), (3, 3), 1, (1, 1), (1, 1), SAME, NONE, (-5, 6), 0.08, True),
        ("stride_2", (1, 9, 8, 17), (3, 3), 1, (2, 2), (1, 1), SAME, RELU6, (-10, -128), 0.0235, True),
        ("5x5_valid", (1, 8, 9, 3), (5, 5), 1, (1, 1), (1, 1), VALID, RELU, (127, -128), 0.1, True),
        ("multiplier_3", (1, 5, 6, 4), (3, 3), 3, (1, 1), (1, 1), SAME, NONE, (11, -11), 0.07, True),
        ("from_one_channel", (1, 6, 7, 1), (3, 3), 8, (2, 2), (1, 1), SAME, NONE, (-128, 0), 0.2, True),
        ("dilated", (1, 9, 10, 3), (3, 3), 1, (1, 1), (2, 2), SAME, NONE, (0, 0), 0.09, True),
        ("per_tensor", (2, 5, 5, 9), (3, 3), 1, (1, 1), (1, 1), VALID, RELU_N1_TO_1, (1, 1), 0.01, False),
        ("saturating", (1, 4, 5, 20), (3, 3), 1, (1, 1), (1, 1), SAME, NONE, (-128, -1), 0.001, True),
        ("many", (1, 14, 14, 24), (3, 3), 1, (1, 1), (1, 1), SAME, NONE, (3, -3), 0.9, True),
        ("uneven", (1, 11, 7, 33), (2, 5), 1, (3, 3), (1, 1), VALID, NONE, (-33, 44), 0.1, True),
    ]
    for (
        name,
        shape,
        extent,
        multiplier,
        stride,
        dilation,
        padding,
        activation,
        zeros,
        scale,
        per_channel,
    ) in table:
        source = int8(shape, 0.05, zeros[0])
        channels = shape[3] * multiplier
        weights = _weights("depthwise_" + name, (1, *extent, channels), 3, per_channel)
        yield Case(
            "DEPTHWISE_CONV_2D",
            name,
            [source, weights, _bias(name, source, weights, channels, 1500)],
            [int8((), scale, zeros[1])],
            3,
            "DepthwiseConv2DOptions",
            dict(
                padding=padding,
                strideH=stride[0],
                strideW=stride[1],
                dilationHFactor=dilation[0],
                dilationWFactor=dilation[1],
                depthMultiplier=multiplier,
                fusedActivationFunction=activation,
            ),
        )


def _transpose_convolutions():
    table = [
        ("2x2_stride_2", (1, 4, 5, 3), (2, 2), 4, (2, 2), SAME, (8, 10), NONE, (3, -4), True, 3),
        ("3x3_stride_2", (1, 5, 4, 5), (3, 3), 3, (2, 2), SAME, (10, 8), NONE, (-128, 127), False, 2),
        ("3x3_valid", (1, 4, 3, 2), (3, 3), 5, (2, 2), VALID, (9, 7), NONE, (127, -128), True, 3),
        ("odd_output", (1, 4, 4, 3), (3, 3), 2, (2, 2), SAME, (7, 7), NONE, (0, 0), True, 3),
        ("stride_1", (1, 5, 6, 4), (3, 3), 7, (1, 1), SAME, (5, 6), NONE, (-9, 9), False, 2),
        ("stride_3", (1, 3, 3, 2), (2, 4), 3, (3, 3), VALID, (9, 10), NONE, (5, 5), True, 3),
        ("many", (1, 8, 8, 9), (3, 3), 16, (2, 2), SAME, (16, 16), NONE, (3, -3), True, 3),
        ("fused_relu", (1, 4, 4, 9), (2, 2), 1, (2, 2), VALID, (8, 8), RELU, (-20, -128), True, 4),
    ]
    for name, shape, extent, outputs, stride, padding, size, activation, zeros, bias, version in table:
        source = int8(shape, 0.05, zeros[0])
        weights = _weights("transpose_" + name, (outputs, *extent, shape[3]), 0, True)
        inputs = [constant((shape[0], *size, outputs), "int32"), weights, source]
        if bias:
            inputs.append(_bias(name, source, weights, outputs, 2000))
        fields = dict(padding=padding, strideH=stride[0], strideW=stride[1])
        if activation != NONE:
            fields["fusedActivationFunction"] = activation
        yield Case(
            "TRANSPOSE_CONV",
            name,
            inputs,
            [int8((), 0.12, zeros[1])],
            version,
            "TransposeConvOptions",
            fields,
        )


def _fully_connected():
    table = [
        ("row", (1, 13), 7, NONE, (3, -3), 0.1, True, False, False),
        ("rows", (5, 32), 9, RELU, (-128, -128), 0.15, True, False, False),
        ("no_bias", (2, 17), 4, NONE, (127, 0), 0.1, False, False, False),
        ("keep_dims", (2, 3, 8), 5, RELU6, (0, -128), 0.0235, True, True, False),
        ("flatten_4d", (2, 2, 3, 4), 6, NONE, (12, -12), 0.2, True, False, False),
        ("per_channel", (3, 21), 10, NONE, (-4, 4), 0.1, True, False, True),
        ("saturating", (4, 64), 3, RELU_N1_TO_1, (-128, 5), 0.004, True, False, False),
        # Enough results for those that lie near a tie, where one rounding and two differ.
        ("many", (64, 17), 40, NONE, (3, -3), 1.3, False, False, False),
        ("many_per_channel", (64, 17), 40, NONE, (3, -3), 1.1, True, False, True),
    ]
    for name, shape, outputs, activation, zeros, scale, bias, keep, per_channel in table:
        source = int8(shape, 0.05, zeros[0])
        depth = int(np.prod(shape[1:])) if name == "flatten_4d" else shape[-1]
        weights = _weights("fully_connected_" + name, (outputs, depth), 0, per_channel)
        yield Case(
            "FULLY_CONNECTED",
            name,
            [source, weights, _bias(name, source, weights, outputs) if bias else None],
            [int8((), scale, zeros[1])],
            5 if keep else 6 if not bias else 12 if per_channel else 4,
            "FullyConnectedOptions",
            dict(keepNumDims=keep, fusedActivationFunction=activation),
        )


def _pools():
    table = [
        ("2x2", (1, 6, 8, 3), (2, 2), (2, 2), VALID, NONE, 0.1, 5),
        ("3x3_same", (1, 7, 5, 17), (3, 3), (2, 2), SAME, NONE, 0.1, -128),
        ("3x2_same_stride_1", (2, 5, 6, 4), (3, 2), (1, 1), SAME, RELU, 0.1, -60),
        ("global", (1, 5, 7, 33), (5, 7), (1, 1), VALID, NONE, 0.1, 127),
        ("relu6", (1, 9, 9, 2), (3, 3), (3, 3), VALID, RELU6, 0.06, -10),
        ("relu_n1_to_1", (1, 6, 5, 1), (2, 3), (2, 1), VALID, RELU_N1_TO_1, 0.02, 3),
    ]
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
        for name, shape, window, stride, padding, activation, scale, zero in table:
            yield Case(
                operator,
                name,
                [int8(shape, scale, zero)],
                [int8((), scale, zero)],
                2,
                "Pool2DOptions",
                dict(
                    padding=padding,
                    strideH=stride[0],
                    strideW=stride[1],
                    filterHeight=window[0],
                    filterWidth=window[1],
                    fusedActivationFunction=activation,
                ),
            )


def _binary():
    shapes = [
        ("same", (1, 3, 5, 7), (1, 3, 5, 7)),
        ("scalar", (1, 4, 3, 5), ()),
        ("channels", (1, 3, 4, 9), (1, 1, 1, 9)),
        ("vector_first", (6,), (2, 5, 6)),
        ("both_sides", (1, 4, 1, 3), (1, 1, 5, 3)),
        ("spatial", (2, 3, 4, 5), (2, 1, 1, 5)),
        ("long", (1, 67), (1, 67)),
    ]
    parameters = [  # scale and zero point of a, b and the output, activation
        ((0.02, -3), (0.05, 40), (0.06, 5), NONE),
        ((0.1, -128), (0.1, -128), (0.2, -128), NONE),
        ((0.03, 20), (0.02, -128), (0.03, -90), RELU),
        ((0.5, 0), (0.001, 11), (0.45, -10), NONE),
        ((0.04, 12), (0.04, 12), (0.03, -128), RELU6),
        ((0.02, -50), (0.01, 70), (0.012, 1), RELU_N1_TO_1),
        ((0.0078, -1), (1.7, 2), (0.9, -3), NONE),
    ]
    for operator, options in (("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions")):
        for (name, a, b), (qa, qb, qo, activation) in zip(shapes, parameters, strict=True):
            if operator == "MUL":  # Products span other ranges than sums.
                qo = (qa[0] * qb[0] * 90, qo[1])
            yield Case(
                operator,
                name,
                [int8(a, *qa), int8(b, *qb)],
                [int8((), *qo)],
                2,
                options,
                dict(fusedActivationFunction=activation),
            )
        second = constant(random_int8(operator, (1, 1, 1, 6)), "int8", scale=0.03, zero_point=7)
        yield Case(
            operator,
            "constant_second",
            [int8((1, 4, 3, 6), 0.02, -7), second],
            [int8((), 0.05, 1)],
            2,
            options,
        )
    # 64 x 64 pairs reach every combination of signs and both ends of the range.
    steps = np.append(ALL_VALUES[::4][:-1], np.int8(127))
    for operator, options in (("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions")):
        yield Case(
            operator,
            "grid",
            [int8((64, 1), 0.031, 9), int8((1, 64), 0.017, -21)],
            [int8((), 0.04, -2)],
            2,
            options,
            feeds=[steps.reshape(64, 1), steps.reshape(1, 64)],
        )
    for (name, a, b), (qa, qb, qo, _) in zip(shapes, parameters, strict=True):
        reach = (qa[0] + qb[0]) * 128
        yield Case(
            "SQUARED_DIFFERENCE", name, [int8(a, *qa), int8(b, *qb)], [int8((), reach**2 / 300, qo[1])], 2
        )
    yield Case(
        "SQUARED_DIFFERENCE",
        "grid",
        [int8((64, 1), 0.031, 9), int8((1, 64), 0.017, -21)],
        [int8((), 0.11, -128)],
        2,
        feeds=[steps.reshape(64, 1), steps.reshape(1, 64)],
    )
    for operator in ("MINIMUM", "MAXIMUM"):
        for name, a, b in shapes:
            yield Case(
                operator,
                name,
                [int8(a, 0.05, -8), int8(b, 0.05, -8)],
                [int8((), 0.05, -8)],
                2,
                "MaximumMinimumOptions",
            )


def _unary():
    def all_values(operator, name, source, target, version, options="", **fields):
        return Case(
            operator,
            name,
            [int8((1, 16, 16, 1), *source)],
            [int8((), *target)],
            version,
            options,
            fields,
            [ALL_VALUES.reshape(1, 16, 16, 1)],
        )

    rescalings = [
        ("same", (0.05, -3), (0.05, -3)),
        ("finer", (0.05, 0), (0.02, -128)),
        ("coarser", (0.02, -128), (0.07, 4)),
        ("top", (0.1, 127), (0.1, 0)),
        ("bottom", (0.04, -128), (0.04, -128)),
    ]
    for operator, version in (("RELU", 2), ("RELU6", 2), ("RELU_N1_TO_1", 1)):
        for name, source, target in rescalings:
            yield all_values(operator, name, source, target, version)
    for alpha in (0.01, 0.2, 0.5, 1.5):
        for name, source, target in rescalings:
            yield all_values(
                "LEAKY_RELU", f"{name}_alpha_{alpha}", source, target, 2, "LeakyReluOptions", alpha=alpha
            )
    inputs = [
        ("narrow", (0.004, 0)),
        ("usual", (0.05, -17)),
        ("wide", (0.3, 60)),
        ("bottom", (0.1, -128)),
        ("top", (0.08, 127)),
        ("tiny", (0.0001, 3)),
        ("huge", (2.5, -1)),
    ]
    for name, source in inputs:
        yield all_values("LOGISTIC", name, source, (1 / 256, -128), 2)
        yield all_values("TANH", name, source, (1 / 128, 0), 2)
    for name, source in inputs:
        if name not in ("tiny", "huge"):
            for kind, target in (("fit", (source[0] * 0.6, -100)), ("same", source)):
                yield all_values("HARD_SWISH", f"{name}_{kind}", source, target, 1)
    yield all_values("HARD_SWISH", "coarse_output", (0.03, 5), (0.4, -7), 1)
    for name, source, target in rescalings:
        yield all_values("RELU_0_TO_1", name, source, target, 1)
        yield all_values("ABS", name, source, target, 2)
    for name, source in inputs:
        if name in ("tiny", "huge"):
            continue
        reach = source[0] * 128
        yield all_values("ELU", name, source, (reach / 100, -40), 1)
        for approximate in (False, True):
            kind = "approximate" if approximate else "exact"
            yield all_values(
                "GELU", f"{name}_{kind}", source, (reach / 90, -50), 2, "GeluOptions", approximate=approximate
            )
    for name, source, target in (
        ("narrow", (0.004, 0), (0.01, -128)),
        ("usual", (0.02, -17), (0.05, -100)),
        ("bottom", (0.05, -128), (2000.0, -128)),
        ("saturating", (0.03, 20), (0.05, -128)),
    ):
        yield all_values("EXP", name, source, target, 2)
    for name, source, target in (
        ("positive", (0.05, -128), (0.03, 50)),
        ("signed", (0.1, 3), (0.04, 0)),
        ("fine", (0.0004, -128), (0.06, 127)),
    ):
        yield all_values("LOG", name, source, target, 2)
    # The reference kernel refuses negative numbers.
    for name, source, target in (
        ("usual", (0.05, -128), (0.02, -128)),
        ("fine", (0.0004, -128), (0.2, -100)),
        ("coarse", (1.7, -128), (0.003, -128)),
        ("saturating", (0.01, -128), (0.01, 100)),
    ):
        yield all_values("RSQRT", name, source, target, 2)
    for name, source, target in [
        *rescalings,
        ("much_finer", (0.5, 3), (0.001, 1)),
        ("much_coarser", (0.001, -5), (0.9, 2)),
    ]:
        yield all_values("QUANTIZE", f"int8_{name}", source, target, 2)
    for zero in (-128, -3, 127):
        yield Case(
            "DEQUANTIZE",
            f"zero_point_{zero}",
            [int8((1, 16, 16, 1), 0.037, zero)],
            [Tensor((), "float32")],
            2,
            feeds=[ALL_VALUES.reshape(1, 16, 16, 1)],
        )
        values = (
            random_state(f"quantize{zero}").rand(300).astype(np.float32) - np.float32(0.5)
        ) * np.float32(16)
        halves = (np.arange(-40, 40, dtype=np.float32) + np.float32(0.5)) * np.float32(0.0625)
        feed = np.concatenate([values, halves, np.float32([0, -0.0, 1e6, -1e6])])
        yield Case(
            "QUANTIZE",
            f"float_zero_point_{zero}",
            [Tensor(feed.shape, "float32")],
            [int8((), 0.0625 if zero != -3 else 0.043, zero)],
            1,
            feeds=[feed],
        )


def _prelu_softmax_norm():
    for name, shape, alpha_shape, zeros, scale in (
        ("channels", (1, 3, 5, 7), (1, 1, 7), (4, -6), 0.05),
        ("full", (1, 3, 4, 5), (3, 4, 5), (-30, 20), 0.06),
        ("shared", (1, 4, 6, 3), (1, 1, 1), (127, 0), 0.08),
    ):
        alpha = constant(random_int8("prelu" + name, alpha_shape), "int8", scale=0.004, zero_point=-30)
        yield Case("PRELU", name, [int8(shape, 0.05, zeros[0]), alpha], [int8((), scale, zeros[1])])
    for name, shape, scale, beta in (
        ("row", (1, 10), 0.1, 1.0),
        ("usual", (2, 40), 0.02, 1.0),
        ("wide", (3, 101), 0.05, 1.0),
        ("sharp", (2, 7), 1.3, 1.0),
        ("flat", (1, 33), 0.001, 1.0),
        ("image", (1, 3, 4, 5), 0.08, 0.5),
        ("beta", (4, 6), 0.1, 2.5),
        ("one", (3, 1), 0.1, 1.0),
        ("three_d", (2, 3, 9), 0.2, 1.0),
    ):
        yield Case(
            "SOFTMAX",
            name,
            [int8(shape, scale, 11)],
            [int8((), 1 / 256, -128)],
            2,
            "SoftmaxOptions",
            dict(beta=beta),
        )
    for name, shape, zero in (
        ("row", (1, 9), 0),
        ("image", (1, 3, 4, 5), -128),
        ("rows", (5, 64), 33),
        ("top", (2, 7), 127),
    ):
        yield Case(
            "L2_NORMALIZATION", name, [int8(shape, 0.05, zero)], [int8((), 1 / 128, 0)], 2, "L2NormOptions"
        )
    yield Case(
        "L2_NORMALIZATION",
        "zeros",
        [int8((2, 6), 0.05, 3)],
        [int8((), 1 / 128, 0)],
        2,
        "L2NormOptions",
        feeds=[np.full((2, 6), 3, np.int8)],
    )


def _log_softmax():
    for name, shape, scale, zero in (
        ("row", (1, 10), 0.1, -3),
        ("usual", (2, 40), 0.02, 11),
        ("wide", (3, 101), 0.05, -128),
        ("sharp", (2, 7), 1.3, 127),
        ("coarse", (5, 12), 0.6, 0),
        ("flat", (1, 33), 0.001, 11),
        ("image", (1, 3, 4, 5), 0.08, 11),
        ("one", (3, 1), 0.1, 11),
        ("two", (64, 2), 0.11, 1),
        ("three_d", (2, 3, 9), 0.2, 11),
    ):
        yield Case(
            "LOG_SOFTMAX", name, [int8(shape, scale, zero)], [int8((), 16 / 256, 127)], 2, "LogSoftmaxOptions"
        )


def _batch_matmul():
    table = [
        ("matrix", (5, 7), (7, 9), False, False, (3, -7), (0.05, 4)),
        ("one_row", (1, 33), (33, 3), False, False, (-128, 127), (0.09, -100)),
        ("batch", (2, 4, 6), (2, 6, 8), False, False, (0, 0), (0.04, 0)),
        ("attention", (1, 2, 9, 16), (1, 2, 9, 16), False, True, (-11, 5), (0.06, 1)),
        ("transposed_first", (3, 8, 5), (3, 8, 17), True, False, (9, -9), (0.06, -3)),
        ("transposed_both", (2, 7, 4), (2, 3, 7), True, True, (1, 2), (0.05, 8)),
        ("broadcast", (2, 1, 3, 5), (4, 5, 6), False, False, (-5, 60), (0.07, -20)),
        ("saturating", (6, 64), (64, 10), False, False, (-128, -128), (0.004, 3)),
        ("many", (1, 40, 24), (1, 24, 40), False, False, (3, -3), (0.2, 1)),
    ]
    for name, a, b, adj_x, adj_y, zeros, target in table:
        yield Case(
            "BATCH_MATMUL",
            name,
            [int8(a, 0.02, zeros[0]), int8(b, 0.013, zeros[1])],
            [int8((), *target)],
            2,
            "BatchMatMulOptions",
            dict(adjX=adj_x, adjY=adj_y),
        )


def _comparisons():
    shapes = [
        ("same", (1, 3, 5, 7), (1, 3, 5, 7), (0.05, -3), (0.05, -3)),
        ("scalar", (1, 4, 3, 5), (), (0.02, -128), (0.02, 5)),
        ("channels", (1, 3, 4, 9), (1, 1, 1, 9), (0.1, 20), (0.03, -40)),
        ("both_sides", (1, 4, 1, 30), (1, 1, 5, 30), (0.5, 0), (0.25, 127)),
        ("coarse", (2, 40), (2, 40), (0.97, -9), (0.9, 4)),
    ]
    for operator, options in (
        ("EQUAL", "EqualOptions"),
        ("NOT_EQUAL", "NotEqualOptions"),
        ("LESS", "LessOptions"),
        ("LESS_EQUAL", "LessEqualOptions"),
        ("GREATER", "GreaterOptions"),
        ("GREATER_EQUAL", "GreaterEqualOptions"),
    ):
        for name, a, b, left, right in shapes:
            yield Case(operator, name, [int8(a, *left), int8(b, *right)], [Tensor((), "bool")], 2, options)


def _choices():
    quantization = (0.05, -9)

    def condition(name, shape):
        return constant(random_state(name).randint(0, 2, shape).astype(bool), "bool")

    for name, chosen, shape in (("elements", (2, 3, 5), (2, 3, 5)), ("rows", (4,), (4, 3, 2))):
        values = [int8(shape, *quantization), int8(shape, *quantization)]
        yield Case(
            "SELECT", name, [condition(name, chosen), *values], [int8((), *quantization)], 2, "SelectOptions"
        )
    for name, chosen, yes, no in (
        ("same", (3, 5), (3, 5), (3, 5)),
        ("all", (2, 1, 1), (3, 1), (1, 1, 5)),
        ("image", (1, 4, 3, 1), (1, 4, 3, 7), (1, 1, 1, 7)),
    ):
        values = [int8(yes, *quantization), int8(no, *quantization)]
        yield Case(
            "SELECT_V2",
            name,
            [condition(name, chosen), *values],
            [int8((), *quantization)],
            1,
            "SelectV2Options",
        )


def _gathers():
    quantization = (0.05, -9)
    for name, shape, indices, axis, batch in (
        ("scalar", (3, 4, 5), 2, 1, 0),
        ("channels", (1, 3, 4, 7), (6, 0, 0, 3), 3, 0),
        ("rows", (9, 5), (8, 1), 0, 0),
        ("matrix", (2, 6, 3), ((5, 0, 1), (2, 2, 4)), 1, 0),
        ("negative_axis", (2, 3, 8), (7, 1), -1, 0),
        ("batched", (2, 3, 5, 4), ((0, 4), (3, 3)), 2, 1),
        ("int64", (4, 6), (3, 0, 2), 0, 0),
    ):
        yield Case(
            "GATHER",
            name,
            [int8(shape, *quantization), constant(indices, "int64" if name == "int64" else "int32")],
            [int8((), *quantization)],
            5,
            "GatherOptions",
            dict(axis=axis, batchDims=batch),
        )
    for name, shape, indices in (
        ("elements", (3, 4), ((0, 3), (2, 1), (2, 2))),
        ("slices", (3, 4, 5), (((2,), (0,)), ((1,), (1,)))),
        ("one", (3, 4, 2), (1, 3)),
    ):
        yield Case(
            "GATHER_ND",
            name,
            [int8(shape, *quantization), constant(indices, "int32")],
            [int8((), *quantization)],
            3,
            "GatherNdOptions",
        )


def _reductions():
    table = [
        ("spatial_keep", (1, 5, 7, 9), (1, 2), True),
        ("spatial", (2, 4, 3, 5), (1, 2), False),
        ("channels", (1, 3, 4, 19), (3,), True),
        ("height", (1, 6, 3, 4), (1,), False),
        ("negative", (2, 3, 5), (-1,), False),
        ("everything", (2, 3, 4), (0, 1, 2), True),
        ("row", (1, 67), (1,), False),
        ("outer", (4, 5, 3), (0,), False),
        ("split_axes", (2, 3, 4, 5), (1, 3), True),
        ("large", (1, 20, 21, 3), (1, 2), True),
        ("many_keep", (1, 3, 3, 700), (1, 2), True),
        ("many", (700, 7), (1,), False),
    ]
    parameters = [
        ("same", (0.05, -7), (0.05, -7)),
        ("finer", (0.05, 30), (0.02, 60)),
        ("ends", (0.1, -128), (0.12, -120)),
        ("top", (0.05, 127), (0.06, 127)),
    ]
    for operator in ("MEAN", "SUM"):
        for index, (name, shape, axes, keep) in enumerate(table):
            for kind, source, target in parameters if index < 3 else (parameters[index % 4],):
                if operator == "SUM":
                    target = (target[0] * 0.8 * math.prod(shape[axis] for axis in axes), target[1])
                yield Case(
                    operator,
                    f"{name}_{kind}",
                    [int8(shape, *source), constant(axes, "int32")],
                    [int8((), *target)],
                    2,
                    "ReducerOptions",
                    dict(keepDims=keep),
                )
        yield Case(
            operator,
            "constant_input",
            [int8((1, 3, 5, 2), 0.05, 3), constant((1, 2), "int32")],
            [int8((), 0.03, -3)],
            2,
            "ReducerOptions",
            dict(keepDims=True),
            [np.full((1, 3, 5, 2), 127, np.int8)],
        )


def _arranging():
    quantization = (0.05, -9)

    def case(operator, name, shape, operands=(), version=1, options="", outputs=1, **fields):
        return Case(
            operator,
            name,
            [int8(shape, *quantization), *operands],
            [int8((), *quantization) for _ in range(outputs)],
            version,
            options,
            fields,
        )

    def axes(*values):
        return constant(values, "int32")

    yield case("RESHAPE", "flatten", (1, 3, 4, 5), [axes(1, 60)], options="ReshapeOptions", newShape=[1, 60])
    yield case(
        "RESHAPE", "unknown_dimension", (2, 3, 4), [axes(4, -1)], options="ReshapeOptions", newShape=[4, -1]
    )
    yield case("RESHAPE", "options_only", (2, 6), options="ReshapeOptions", newShape=[3, 4])
    yield case("SQUEEZE", "all", (1, 3, 1, 5), options="SqueezeOptions", squeezeDims=[])
    yield case("SQUEEZE", "some", (1, 3, 1, 5), options="SqueezeOptions", squeezeDims=[2])
    yield case("SQUEEZE", "negative", (1, 3, 5, 1), options="SqueezeOptions", squeezeDims=[-1])
    for name, shape, order in (
        ("matrix", (5, 7), (1, 0)),
        ("to_nchw", (1, 3, 4, 5), (0, 3, 1, 2)),
        ("rank_3", (3, 4, 5), (2, 0, 1)),
        ("identity", (2, 3, 4), (0, 1, 2)),
        ("rank_5", (2, 1, 3, 2, 4), (4, 2, 0, 3, 1)),
    ):
        yield case("TRANSPOSE", name, shape, [axes(*order)], 4 if len(shape) > 4 else 2, "TransposeOptions")
    for name, begin, size in (
        ("inner", (0, 1, 2, 1), (1, 3, 2, 4)),
        ("to_end", (0, 2, 0, 3), (-1, -1, -1, -1)),
    ):
        yield case("SLICE", name, (1, 5, 6, 7), [axes(*begin), axes(*size)], 2, "SliceOptions")
    yield case("SLICE", "vector", (11,), [axes(3), axes(5)], 2, "SliceOptions")
    for name, begin, end, stride, masks in (
        ("every_second", (0, 0, 0, 1), (1, 6, 7, 8), (1, 2, 3, 2), {}),
        ("backwards", (0, -1, 6, 0), (1, -7, 0, 8), (1, -1, -2, 1), {}),
        ("masked", (0, 3, 2, 1), (0, 0, 5, 0), (1, 1, 1, 1), dict(beginMask=0b0010, endMask=0b1011)),
        ("shrunk", (0, 2, 0, 3), (1, 3, 7, 4), (1, 1, 1, 1), dict(shrinkAxisMask=0b1010)),
        ("negative_end", (0, 1, 1, 1), (1, -1, -2, -3), (1, 1, 1, 1), {}),
    ):
        yield case(
            "STRIDED_SLICE",
            name,
            (1, 6, 7, 8),
            [axes(*begin), axes(*end), axes(*stride)],
            2,
            "StridedSliceOptions",
            **masks,
        )
    for name, shape, axis, parts in (
        ("channels", (1, 3, 4, 6), 3, 2),
        ("height", (1, 9, 2, 3), 1, 3),
        ("negative", (2, 10), -1, 5),
    ):
        yield Case(
            "SPLIT",
            name,
            [constant(axis, "int32"), int8(shape, *quantization)],
            [int8((), *quantization) for _ in range(parts)],
            2,
            "SplitOptions",
            dict(numSplits=parts),
        )
    for name, shapes, axis in (
        ("channels", [(1, 3, 4, 5), (1, 3, 4, 2), (1, 3, 4, 1)], 3),
        ("rows", [(2, 3), (4, 3)], 0),
        ("negative", [(1, 2, 7), (1, 2, 9)], -1),
        ("one", [(2, 5)], 1),
    ):
        yield Case(
            "CONCATENATION",
            name,
            [int8(shape, *quantization) for shape in shapes],
            [int8((), *quantization)],
            2,
            "ConcatenationOptions",
            dict(axis=axis),
        )
    for name, shape, axis, count in (
        ("first", (3, 4), 0, 3),
        ("last", (2, 5), 2, 2),
        ("negative", (2, 3, 2), -1, 4),
    ):
        yield Case(
            "PACK",
            name,
            [int8(shape, *quantization) for _ in range(count)],
            [int8((), *quantization)],
            2,
            "PackOptions",
            dict(axis=axis, valuesCount=count),
        )
    for name, shape, axis, sizes in (
        ("channels", (1, 3, 4, 9), 3, (2, 6, 1)),
        ("open", (1, 7, 2, 3), 1, (3, -1)),
        ("negative", (2, 10), -1, (1, 4, 5)),
    ):
        yield case(
            "SPLIT_V",
            name,
            shape,
            [axes(*sizes), constant(axis, "int32")],
            2,
            "SplitVOptions",
            len(sizes),
            numSplits=len(sizes),
        )
    for name, shape, axis in (("first", (3, 4, 5), 0), ("last", (2, 5, 3), -1), ("middle", (1, 4, 3, 2), 1)):
        count = shape[axis]
        yield case("UNPACK", name, shape, (), 2, "UnpackOptions", count, num=count, axis=axis)
    for name, shape, multiples in (
        ("image", (1, 2, 3, 5), (1, 3, 2, 1)),
        ("channels", (1, 2, 3, 4), (1, 1, 1, 3)),
        ("matrix", (3, 7), (2, 2)),
        ("once", (2, 3), (1, 1)),
    ):
        yield case("TILE", name, shape, [axes(*multiples)], 1, "TileOptions")
    for name, shape, target in (
        ("channels", (1, 1, 1, 5), (1, 3, 4, 5)),
        ("pixels", (1, 3, 4, 1), (1, 3, 4, 6)),
        ("new_dimensions", (3, 1), (2, 4, 3, 5)),
    ):
        yield case("BROADCAST_TO", name, shape, [axes(*target)], 3, "BroadcastToOptions")
    for name, shape, block, paddings in (
        ("even", (1, 4, 6, 3), (2, 2), ((0, 0), (0, 0))),
        ("padded", (2, 5, 7, 2), (2, 3), ((1, 2), (2, 0))),
        ("mostly_padding", (1, 1, 2, 3), (3, 4), ((4, 1), (5, 1))),
        ("line", (2, 5, 3), (3,), ((1, 3),)),
    ):
        yield case(
            "SPACE_TO_BATCH_ND",
            name,
            shape,
            [axes(*block), constant(paddings, "int32")],
            3 if len(shape) == 3 else 2,
            "SpaceToBatchNDOptions",
        )
    for name, shape, block, crops in (
        ("even", (4, 2, 3, 3), (2, 2), ((0, 0), (0, 0))),
        ("cropped", (12, 3, 4, 2), (2, 3), ((1, 2), (2, 0))),
        ("line", (6, 4, 3), (3,), ((1, 3),)),
    ):
        yield case(
            "BATCH_TO_SPACE_ND",
            name,
            shape,
            [axes(*block), constant(crops, "int32")],
            3 if len(shape) == 3 else 2,
            "BatchToSpaceNDOptions",
        )
    for name, axis in (("front", 0), ("middle", 2), ("end", -1)):
        yield case("EXPAND_DIMS", name, (2, 3, 4), [constant(axis, "int32")], 1, "ExpandDimsOptions")
    for name, axis in (("height", 1), ("channels", 3)):
        yield case("REVERSE_V2", name, (1, 4, 3, 7), [axes(axis)], 1, "ReverseV2Options")
    for operator in ("REDUCE_MAX", "REDUCE_MIN"):
        for name, shape, reduced, keep in (
            ("spatial", (1, 5, 7, 19), (1, 2), True),
            ("channels", (1, 3, 4, 37), (3,), True),
            ("negative", (2, 3, 5), (-1,), False),
            ("everything", (2, 3, 4), (0, 1, 2), False),
            ("apart", (2, 3, 4, 5), (1, 3), True),
        ):
            yield case(operator, name, shape, [axes(*reduced)], 2, "ReducerOptions", keepDims=keep)
    spatial = constant([(0, 0), (1, 2), (3, 0), (0, 0)], "int32")
    yield case("PAD", "spatial", (1, 3, 4, 5), [spatial], 2, "PadOptions")
    yield case(
        "PAD",
        "channels",
        (1, 2, 3, 5),
        [constant([(0, 0), (0, 0), (0, 0), (0, 3)], "int32")],
        2,
        "PadOptions",
    )
    yield case("PAD", "matrix", (3, 4), [constant([(1, 0), (0, 2)], "int32")], 2, "PadOptions")
    for value in (-128, 55):
        yield case(
            "PADV2",
            f"value_{value}",
            (1, 3, 4, 5),
            [spatial, constant([value], "int8", scale=quantization[0], zero_point=quantization[1])],
            2,
            "PadV2Options",
        )
    for name, mode in (
        ("reflect", schema.MirrorPadMode.REFLECT),
        ("symmetric", schema.MirrorPadMode.SYMMETRIC),
    ):
        yield case(
            "MIRROR_PAD",
            name,
            (1, 4, 5, 3),
            [constant([(0, 0), (2, 1), (1, 3), (0, 0)], "int32")],
            2,
            "MirrorPadOptions",
            mode=mode,
        )
        yield case(
            "MIRROR_PAD",
            name + "_matrix",
            (4, 5),
            [constant([(1, 2), (0, 3)], "int32")],
            2,
            "MirrorPadOptions",
            mode=mode,
        )
    for block, shape in ((2, (1, 3, 4, 12)), (3, (2, 2, 1, 9))):
        yield case("DEPTH_TO_SPACE", f"block_{block}", shape, (), 1, "DepthToSpaceOptions", blockSize=block)
    for block, shape in ((2, (1, 4, 6, 3)), (3, (2, 3, 6, 2))):
        yield case("SPACE_TO_DEPTH", f"block_{block}", shape, (), 2, "SpaceToDepthOptions", blockSize=block)


def _resizes():
    for operator, options in (
        ("RESIZE_BILINEAR", "ResizeBilinearOptions"),
        ("RESIZE_NEAREST_NEIGHBOR", "ResizeNearestNeighborOptions"),
    ):
        for name, shape, size in (
            ("double", (1, 4, 5, 3), (8, 10)),
            ("odd_up", (1, 3, 4, 9), (7, 11)),
            ("down", (2, 9, 8, 2), (4, 3)),
            ("same_size", (1, 4, 4, 2), (4, 4)),
            ("to_one", (1, 5, 6, 2), (1, 1)),
            ("from_one", (1, 1, 1, 3), (4, 3)),
        ):
            for corners, half in ((False, False), (True, False), (False, True)):
                kind = "_corners" if corners else "_half_pixel" if half else ""
                yield Case(
                    operator,
                    name + kind,
                    [int8(shape, 0.05, 4), constant(size, "int32")],
                    [int8((), 0.05, 4)],
                    3 if corners or half else 2,
                    options,
                    dict(alignCorners=corners, halfPixelCenters=half),
                )


def _arg_max():
    for name, shape, axis, output in (
        ("channels", (1, 3, 4, 7), 3, "int32"),
        ("rows", (5, 6), 0, "int64"),
        ("negative", (2, 33), -1, "int64"),
        ("ties", (4, 5), 1, "int32"),
    ):
        feeds = [np.full(shape, 7, np.int8)] if name == "ties" else None
        yield Case(
            "ARG_MAX",
            name,
            [int8(shape, 0.05, 1), constant(axis, "int32")],
            [Tensor((), output)],
            2,
            "ArgMaxOptions",
            dict(outputType=schema.TensorType.INT32 if output == "int32" else schema.TensorType.INT64),
            feeds,
        )


def all_cases():
    for group in (
        _convolutions,
        _depthwise,
        _transpose_convolutions,
        _fully_connected,
        _pools,
        _binary,
        _unary,
        _prelu_softmax_norm,
        _log_softmax,
        _batch_matmul,
        _comparisons,
        _choices,
        _gathers,
        _reductions,
        _arranging,
        _resizes,
        _arg_max,
    ):
        yield from group()

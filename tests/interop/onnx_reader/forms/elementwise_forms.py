"""Functions of single elements, and what is broadcast."""

from __future__ import annotations

import dataclasses

import numpy as np
from onnx import TensorProto

from .form import MICROSOFT, Form, floats, form, ints, random, scalar

_SHAPE = (2, 5, 7, 3)


def _unary() -> list[Form]:
    plain = [
        *(
            (6, name)
            for name in ("Abs", "Ceil", "Exp", "Floor", "Neg", "Reciprocal", "Relu", "Sigmoid", "Tanh")
        ),
        *(
            (13, name)
            for name in ("Abs", "Ceil", "Exp", "Floor", "Neg", "Reciprocal", "Relu", "Sigmoid", "Tanh")
        ),
        *((7, name) for name in ("Cos", "Sin")),
        *((1, name) for name in ("Softplus", "Softsign")),
        *((9, "Erf"), (13, "Erf"), (9, "Sign"), (11, "Round"), (14, "HardSwish"), (18, "Mish"), (20, "Gelu")),
        *((6, name) for name in ("Elu", "Selu", "LeakyRelu", "HardSigmoid")),
        *((12, "Celu"), (10, "ThresholdedRelu")),
    ]
    forms = [form("plain", max(opset, 6), name, _SHAPE) for opset, name in plain]
    return [
        *forms,
        form("alpha", 6, "Elu", _SHAPE, alpha=0.3),
        form("alpha", 12, "Celu", _SHAPE, alpha=2.5),
        form("alpha_gamma", 6, "Selu", _SHAPE, alpha=1.2, gamma=0.7),
        form("alpha", 6, "LeakyRelu", _SHAPE, alpha=0.2),
        form("alpha", 16, "LeakyRelu", _SHAPE, alpha=1.5),
        form("alpha", 10, "ThresholdedRelu", _SHAPE, alpha=0.4),
        form("sixth", 6, "HardSigmoid", _SHAPE, alpha=1 / 6, beta=0.5),
        form("steep", 6, "HardSigmoid", _SHAPE, alpha=0.9, beta=0.2),
        form("tanh", 20, "Gelu", _SHAPE, approximate="tanh"),
        form("lambd", 9, "Shrink", _SHAPE, lambd=0.4, bias=0.1),
        form("positive", 6, "Sqrt", np.abs(random("Sqrt", _SHAPE))),
        form("positive", 6, "Log", np.abs(random("Log", _SHAPE)) + 0.1),
    ]


def _clips() -> list[Form]:
    return [
        form("attributes", 6, "Clip", _SHAPE, min=-0.5, max=0.8),
        form("min_only", 6, "Clip", _SHAPE, min=0.1),
        form("max_only", 6, "Clip", _SHAPE, max=0.2),
        form("relu6", 6, "Clip", _SHAPE, min=0.0, max=6.0),
        form("none", 6, "Clip", _SHAPE),
        form("inputs", 11, "Clip", _SHAPE, scalar(-0.5), scalar(0.8)),
        form("relu6", 11, "Clip", _SHAPE, scalar(0), scalar(6)),
        form("no_min", 11, "Clip", _SHAPE, None, scalar(0.3)),
        form("no_max", 13, "Clip", _SHAPE, scalar(0.3)),
        form("none", 13, "Clip", _SHAPE),
        form("negative", 13, "Clip", _SHAPE, scalar(-1), scalar(-0.5)),
    ]


def _slopes() -> list[Form]:
    image = (2, 5, 7, 3)
    return [
        form("per_channel", 7, "PRelu", image, random("slope", (5, 1, 1))),
        form("one", 9, "PRelu", image, random("slope", (1,))),
        form("per_channel", 16, "PRelu", image, random("slope", (5, 1, 1))),
        form("per_element", 16, "PRelu", image, random("slope", (5, 7, 3))),
        form("last_axis", 16, "PRelu", image, random("slope", (3,))),
        form("with_batch", 16, "PRelu", image, random("slope", (1, 5, 1, 1))),
    ]


def _broadcast_by_attribute(operator: str) -> list[Form]:
    """What ONNX Runtime has only since operands are aligned at their last axes."""
    along, suffix = random("along", (5, 7)) + 3, random("suffix", (7, 3)) + 3
    aligned = form("aligned", 7, operator, _SHAPE, along.reshape(5, 7, 1))
    older = form("along_axis", 6, operator, _SHAPE, along, broadcast=1, axis=1)
    pairs = [(older, aligned)]
    aligned = form("suffix", 7, operator, _SHAPE, suffix)
    pairs.append((form("suffix", 6, operator, _SHAPE, suffix, broadcast=1), aligned))
    return [dataclasses.replace(older, newer=newer.model) for older, newer in pairs]


def _binary() -> list[Form]:
    forms = []
    others = {
        "scalar": scalar(1.7),
        "channels": random("channels", (5, 1, 1)),
        "last": random("last", (3,)),
        "same": random("same", _SHAPE),
        "larger": random("larger", (4, 1, 5, 7, 3)),
    }
    for operator in ("Add", "Sub", "Mul", "Div"):
        for name, other in others.items():
            operand = np.where(np.abs(other) < 0.2, np.float32(0.5), other).astype(np.float32)
            shape = _SHAPE if name != "larger" else (5, 1, 3)
            forms.append(form(name, 7, operator, shape, operand))
            forms.append(form(f"{name}_first", 13, operator, operand, shape))
        forms.append(form("two_inputs", 14, operator, _SHAPE, (5, 1, 3)))
        forms += _broadcast_by_attribute(operator)
    for operator in ("Max", "Min", "Sum", "Mean"):
        forms += [
            form("three", 8, operator, _SHAPE, (5, 1, 3), (1,)),
            form("one", 13, operator, _SHAPE),
            form("two_alike", 6, operator, _SHAPE, _SHAPE),
        ]
    for operator in ("Less", "Greater", "Equal"):
        opset = 11 if operator == "Equal" else 9
        forms.append(form("scalar", opset, operator, _SHAPE, scalar(0.1), kind=TensorProto.BOOL))
    for operator in ("LessOrEqual", "GreaterOrEqual"):
        forms.append(form("scalar", 12, operator, _SHAPE, scalar(0.1), kind=TensorProto.BOOL))
    return [
        *forms,
        form("square", 7, "Pow", _SHAPE, scalar(2)),
        form("integer_exponent", 12, "Pow", _SHAPE, np.array(3, np.int64)),
        form("exponents", 13, "Pow", _SHAPE, floats(1, 2, 3)),
        form("base", 13, "Pow", floats(1.5), _SHAPE),
        form("fmod", 10, "Mod", _SHAPE, scalar(0.7), fmod=1),
        form("mask", 9, "Where", random("mask", (5, 1, 3)) > 0, _SHAPE, scalar(-3)),
        form("two", 16, "Where", random("mask", _SHAPE) > 0, _SHAPE, (5, 1, 1)),
        form("to_int", 9, "Cast", _SHAPE, to=TensorProto.INT32, kind=TensorProto.INT32),
        form("to_bool", 13, "Cast", _SHAPE, to=TensorProto.BOOL, kind=TensorProto.BOOL),
        form("to_double", 13, "Cast", _SHAPE, to=TensorProto.DOUBLE, kind=TensorProto.DOUBLE),
        form("to_float", 6, "Cast", _SHAPE, to=1),
        form("add", 13, "Add", (1,), (1, 1, 1, 1)),
        form("expand", 8, "Expand", (5, 1, 3), ints(2, 5, 7, 3)),
        form("expand_less", 13, "Expand", (5, 7, 3), ints(7, 1)),
    ]


def _microsoft() -> list[Form]:
    own = {"domain": MICROSOFT}
    return [
        form("plain", 13, "Gelu", _SHAPE, **own),
        form("plain", 13, "BiasGelu", (2, 5, 7), random("bias", (7,)), **own),
        form("plain", 13, "QuickGelu", _SHAPE, **own),
        form("alpha", 13, "QuickGelu", _SHAPE, alpha=1.0, **own),
        form("plain", 13, "FastGelu", (2, 5, 7), **own),
        form("bias", 13, "FastGelu", (2, 5, 7), random("bias", (7,)), **own),
        form("relu", 13, "FusedConv", (1, 3, 9, 9), random("w", (4, 3, 3, 3)), activation="Relu", **own),
        form(
            "clip",
            *(13, "FusedConv", (1, 3, 9, 9), random("w", (4, 3, 3, 3)), random("b", (4,))),
            activation="Clip",
            activation_params=[0.0, 0.6],
            pads=[1, 1, 1, 1],
            **own,
        ),
        form(
            "plain",
            *(13, "SkipLayerNormalization", (2, 5, 8), (2, 5, 8), random("g", (8,)), random("b", (8,))),
            epsilon=1e-5,
            **own,
        ),
        form(
            "bias",
            *(13, "SkipLayerNormalization", (2, 5, 8), (2, 5, 8), random("g", (8,)), random("b", (8,))),
            random("c", (8,)),
            **own,
        ),
    ]


def elementwise_forms() -> list[Form]:
    return [*_unary(), *_clips(), *_slopes(), *_binary(), *_microsoft()]

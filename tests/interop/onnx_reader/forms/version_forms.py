"""Versions of operators that differ little from those beside them, so that there is a case for each that a file can ask for."""

from __future__ import annotations

import dataclasses

import numpy as np
from onnx import TensorProto, helper

from .form import Form, floats, form, graph_form, ints, random, result_of, scalar

_SHAPE = (2, 3, 5, 7)
_REDUCTIONS = ("L1", "L2", "LogSum", "LogSumExp", "Max", "Min", "Prod", "SumSquare")


def _logic() -> list[Form]:
    """Before version 7 operands of another shape were named by attributes, and ONNX Runtime has none of those."""
    forms = []
    booleans = {"a": random("a", _SHAPE) > 0, "b": random("b", _SHAPE) > 0}
    reals = {"a": random("a", _SHAPE), "b": random("b", _SHAPE)}
    for operator in ("And", "Equal", "Or", "Xor"):
        node = helper.make_node(operator, ["a", "b"], ["y"], name="node")
        older, newer = (
            graph_form(f"{operator}_{opset}_alike", opset, [node], booleans, kind=TensorProto.BOOL)
            for opset in (6, 7)
        )
        forms += [dataclasses.replace(older, newer=newer.model), newer]
    for operator in ("Greater", "Less"):
        node = helper.make_node(operator, ["a", "b"], ["y"], name="node")
        older, newer = (
            graph_form(f"{operator}_{opset}_alike", opset, [node], reals, kind=TensorProto.BOOL)
            for opset in (6, 7)
        )
        forms += [dataclasses.replace(older, newer=newer.model), newer]
    return forms


def _ifs() -> list[Form]:
    def branch(operator: str):
        node = helper.make_node(operator, ["x"], ["inner"], name=f"inner_{operator}")
        return helper.make_graph([node], operator, [], [result_of("inner")])

    node = helper.make_node(
        "If", ["condition"], ["y"], then_branch=branch("Relu"), else_branch=branch("Neg"), name="if"
    )
    data, condition = {"x": random("if", (2, 5))}, {"condition": np.array(True)}
    return [
        graph_form(f"If_{opset}", opset, [node], data, condition) for opset in (6, 11, 16, 21, 23, 24, 25)
    ]


def _sizes() -> list[Form]:
    nodes = [
        helper.make_node("Size", ["x"], ["size"], name="size"),
        helper.make_node("Cast", ["size"], ["real"], to=TensorProto.FLOAT, name="cast"),
        helper.make_node("Div", ["x", "real"], ["y"], name="div"),
    ]
    data = {"x": random("size", (2, 5))}
    return [graph_form(f"Size_{opset}", opset, nodes, data) for opset in (7, 21, 24)]


def _made_constants() -> list[Form]:
    forms = []
    for opset in (21, 23, 24, 25):
        nodes = [
            helper.make_node("ConstantOfShape", ["sizes"], ["made"], name="made"),
            helper.make_node("Add", ["x", "made"], ["y"], name="add"),
        ]
        sizes = {"sizes": ints(2, 5)}
        forms.append(graph_form(f"ConstantOfShape_{opset}", opset, nodes, {"x": random("x", (2, 5))}, sizes))
    for opset in (9, 22):
        nodes = [
            helper.make_node("EyeLike", ["like"], ["made"], name="made"),
            helper.make_node("MatMul", ["x", "made"], ["y"], name="matmul"),
        ]
        like = {"like": random("like", (5, 4))}
        forms.append(graph_form(f"EyeLike_{opset}", opset, nodes, {"x": random("x", (2, 5))}, like))
    for opset in (9, 11):
        nodes = [
            helper.make_node("OneHot", ["indices", "depth", "values"], ["made"], name="made"),
            helper.make_node("Add", ["x", "made"], ["y"], name="add"),
        ]
        constants = {"indices": ints(1, 4), "depth": ints(5), "values": floats(-1, 2)}
        forms.append(graph_form(f"OneHot_{opset}", opset, nodes, {"x": random("x", (2, 5))}, constants))
    return forms


def _others() -> list[Form]:
    indices = ints(0, 1, 2, -1).reshape(2, 2)
    forms = [
        *(form("plain", 12, operator, _SHAPE, kind=TensorProto.INT64) for operator in ("ArgMax", "ArgMin")),
        *(form("plain", opset, "Cast", _SHAPE, to=TensorProto.FLOAT) for opset in (19, 21, 23)),
        form("plain", 21, "CastLike", _SHAPE, floats(1)),
        form("plain", 12, "Clip", _SHAPE, scalar(-0.5), scalar(0.5)),
        *(form("plain", opset, "Flatten", _SHAPE, axis=2) for opset in (13, 21, 23, 24, 25)),
        form("plain", 11, "GatherElements", (3, 4), ints(0, -1, 2, 1).reshape(1, 4)),
        *(form("plain", opset, "GatherND", (3, 4, 5), indices) for opset in (11, 12)),
        form("plain", 7, "Gemm", (4, 6), random("b", (6, 5)), random("c", (5,))),
        *(form("plain", opset, "Identity", _SHAPE) for opset in (13, 14, 16, 19, 21, 23)),
        *(form("plain", 12, operator, _SHAPE, random("b", (7,))) for operator in ("Max", "Min")),
        *(form("plain", opset, "Pad", _SHAPE, ints(0, 0, 1, 2, 0, 0, 3, 1)) for opset in (21, 23)),
        *(form("plain", opset, "Transpose", _SHAPE, perm=[3, 1, 2, 0]) for opset in (13, 21, 23, 24)),
        form("plain", 6, "SpaceToDepth", (1, 2, 4, 6), blocksize=2),
    ]
    for opset in (11, 13, 16, 18):
        updates = random("updates", (2, 5))
        forms.append(form("plain", opset, "ScatterND", (3, 4, 5), indices, updates))
        places, updates = ints(1, -1, 2).reshape(3, 1), random("updates", (3, 1))
        forms.append(form("plain", opset, "ScatterElements", (3, 4), places, updates, axis=1))
    for kind, opset in ((kind, opset) for kind in _REDUCTIONS for opset in (12, 13)):
        data = np.abs(random(kind, _SHAPE)) + 0.1
        forms.append(form("plain", opset, f"Reduce{kind}", data, axes=[2]))
    return forms


def _first_upsamples() -> list[Form]:
    """With one attribute for each of height and width, and a name of its own for the mode."""
    forms = []
    for older_mode, mode in (("nearest", "nearest"), ("bilinear", "linear")):
        newer = form("newer", 7, "Upsample", _SHAPE, scales=[1.0, 1.0, 2.0, 3.0], mode=mode)
        scales = {"height_scale": 2.0, "width_scale": 3.0}
        older = form(mode, 6, "Upsample", _SHAPE, mode=older_mode, **scales)
        forms.append(dataclasses.replace(older, newer=newer.model))
    return forms


def version_forms() -> list[Form]:
    return [*_first_upsamples(), *_logic(), *_ifs(), *_sizes(), *_made_constants(), *_others()]

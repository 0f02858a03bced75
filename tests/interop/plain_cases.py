"""Cases on elements that stand for themselves: integers that are no quantities, truth values, and what gives or takes
them. Floats where every runtime rounds alike."""

from __future__ import annotations

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tflite_builder import Tensor, constant
from vector_cases import RELU6, Case, random_state

_SHAPES = [
    ("same", (2, 3, 5), (2, 3, 5)),
    ("scalar", (4, 7), ()),
    ("channels", (1, 3, 4, 5), (1, 1, 1, 5)),
    ("both_sides", (1, 4, 1, 3), (2, 1, 5, 3)),
]


def _values(name: str, shape, dtype: str, low: int = -50, high: int = 50) -> np.ndarray:
    state = random_state(name)
    if dtype == "bool":
        return state.randint(0, 2, shape).astype(bool)
    if dtype == "float32":
        return (state.randint(low * 8, high * 8, shape) / 8).astype(np.float32)
    return np.asarray(state.randint(low, high, shape), dtype)


def _case(operator, name, feeds, output, operands=(), version=1, options="", **fields) -> Case:
    inputs = [Tensor(feed.shape, str(feed.dtype)) for feed in feeds]
    return Case(operator, name, [*inputs, *operands], [Tensor((), output)], version, options, fields, feeds)


def _arithmetic():
    table = [
        ("ADD", "AddOptions", {"int32": 1, "int64": 4}),
        ("SUB", "SubOptions", {"int32": 1, "int64": 4}),
        ("MUL", "MulOptions", {"int32": 1, "int64": 6}),
        ("DIV", "DivOptions", {"int32": 1}),
        ("FLOOR_DIV", "FloorDivOptions", {"int32": 1, "float32": 2}),
        ("FLOOR_MOD", "FloorModOptions", {"int32": 1, "int64": 1, "float32": 1}),
        ("MINIMUM", "MaximumMinimumOptions", {"int32": 1, "int64": 1}),
        ("MAXIMUM", "MaximumMinimumOptions", {"int32": 1, "int64": 1}),
        ("SQUARED_DIFFERENCE", "", {"int32": 1}),
    ]
    for operator, options, versions in table:
        for dtype, version in versions.items():
            for name, a, b in _SHAPES:
                left = _values(f"{operator}/{name}/a", a, dtype)
                right = _values(f"{operator}/{name}/b", b, dtype)
                if operator in ("DIV", "FLOOR_DIV", "FLOOR_MOD"):  # The reference kernels refuse zeros.
                    right = np.where(right == 0, np.asarray(7, dtype), right)
                yield _case(operator, f"{dtype}_{name}", [left, right], dtype, (), version, options)
    values = _values("activation", (3, 9), "int32", -12, 12)
    for operator, options in (("ADD", "AddOptions"), ("MUL", "MulOptions")):
        yield _case(
            operator,
            "int32_relu6",
            [values, values.T.reshape(3, 9).copy()],
            "int32",
            options=options,
            fusedActivationFunction=RELU6,
        )
    for dtype in ("int32", "int64"):
        yield _case("NEG", dtype, [_values("NEG", (3, 7), dtype)], dtype)


def _reductions():
    for operator in ("SUM", "REDUCE_PROD", "REDUCE_MAX", "REDUCE_MIN"):
        for dtype in ("int32", "int64"):
            for name, shape, axes, keep in (
                ("spatial", (1, 3, 4, 5), (1, 2), True),
                ("last", (3, 7), (1,), False),
                ("apart", (2, 3, 4, 5), (0, 2), False),
            ):
                yield _case(
                    operator,
                    f"{dtype}_{name}",
                    [_values(operator + name, shape, dtype, -4, 5)],
                    dtype,
                    [constant(axes, "int32")],
                    options="ReducerOptions",
                    keepDims=keep,
                )
    for dtype in ("int32", "int64", "float32"):
        for name, shape, axis, exclusive, reverse in (
            ("rows", (3, 6), 0, False, False),
            ("exclusive", (3, 6), -1, True, False),
            ("reverse", (2, 5, 3), 1, False, True),
            ("both", (2, 5, 3), 1, True, True),
        ):
            yield _case(
                "CUMSUM",
                f"{dtype}_{name}",
                [_values("CUMSUM" + name, shape, dtype)],
                dtype,
                [constant(axis, "int32")],
                options="CumsumOptions",
                exclusive=exclusive,
                reverse=reverse,
            )


def _casts():
    types = {"float32": schema.TensorType.FLOAT32, "int32": schema.TensorType.INT32}
    types |= {"int64": schema.TensorType.INT64, "bool": schema.TensorType.BOOL}
    for source, code in types.items():
        for target, target_code in types.items():
            if source != target:
                yield _case(
                    "CAST",
                    f"{source}_to_{target}",
                    [_values("CAST" + source, (3, 11), source, -3, 4)],
                    target,
                    options="CastOptions",
                    inDataType=code,
                    outDataType=target_code,
                )


def _truth():
    for operator, options in (
        ("EQUAL", "EqualOptions"),
        ("NOT_EQUAL", "NotEqualOptions"),
        ("LESS", "LessOptions"),
        ("LESS_EQUAL", "LessEqualOptions"),
        ("GREATER", "GreaterOptions"),
        ("GREATER_EQUAL", "GreaterEqualOptions"),
    ):
        for dtype in ("int32", "int64", "float32", "bool"):
            if dtype == "bool" and "EQUAL" not in (operator, operator.removeprefix("NOT_")):
                continue
            for name, a, b in _SHAPES:
                feeds = [
                    _values(operator + side, shape, dtype, -3, 3) for side, shape in (("a", a), ("b", b))
                ]
                yield _case(operator, f"{dtype}_{name}", feeds, "bool", options=options)
    for operator, options in (("LOGICAL_AND", "LogicalAndOptions"), ("LOGICAL_OR", "LogicalOrOptions")):
        for name, a, b in _SHAPES:
            feeds = [_values(operator + side, shape, "bool") for side, shape in (("a", a), ("b", b))]
            yield _case(operator, name, feeds, "bool", options=options)
    yield _case("LOGICAL_NOT", "row", [_values("not", (3, 5), "bool")], "bool", options="LogicalNotOptions")


def _choices():
    for dtype in ("float32", "int32", "int64", "bool"):
        for name, condition, shape in (
            ("elements", (2, 3, 5), (2, 3, 5)),
            ("rows", (4,), (4, 3)),
            ("one", (), (4, 3)),
        ):
            feeds = [
                _values("condition" + name, condition, "bool"),
                _values("yes", shape, dtype),
                _values("no", shape, dtype),
            ]
            yield _case("SELECT", f"{dtype}_{name}", feeds, dtype, options="SelectOptions")
        for name, condition, yes, no in (
            ("same", (3, 5), (3, 5), (3, 5)),
            ("condition", (1, 5), (3, 5), (3, 5)),
            ("all", (2, 1, 1), (3, 1), (1, 1, 5)),
            ("scalars", (3, 7), (), ()),
        ):
            feeds = [
                _values("condition" + name, condition, "bool"),
                _values("yes", yes, dtype),
                _values("no", no, dtype),
            ]
            yield _case("SELECT_V2", f"{dtype}_{name}", feeds, dtype, options="SelectV2Options")
    indices = np.asarray([[3, 0], [1, 1]], np.int32)
    for dtype in ("float32", "int32"):
        yield _case(
            "GATHER",
            f"{dtype}_computed",
            [_values("gather", (2, 4, 3), dtype), indices],
            dtype,
            options="GatherOptions",
            axis=1,
        )
        yield _case(
            "GATHER_ND",
            f"{dtype}_computed",
            [_values("gather", (4, 4, 3), dtype), indices],
            dtype,
            options="GatherNdOptions",
        )


def plain_cases():
    for group in (_arithmetic, _reductions, _casts, _truth, _choices):
        yield from group()

"""What names axes: reductions, softmax, pieces, paddings and other movement, by attributes and by inputs."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
from onnx import TensorProto

from .form import Form, floats, form, ints, random, scalar

_SHAPE = (2, 3, 5, 7)
_INT_MAX = 2**63 - 1
_REDUCTIONS = ("L1", "L2", "LogSum", "LogSumExp", "SumSquare", "Max", "Min", "Prod", "Mean", "Sum")


def _reductions() -> list[Form]:
    forms = []
    for kind, keep in itertools.product(_REDUCTIONS, (0, 1)):
        operator = f"Reduce{kind}"
        data = np.abs(random(kind, _SHAPE)) + 0.1 if kind == "LogSum" else _SHAPE
        attributes = {"keepdims": keep}
        input_since = 13 if kind == "Sum" else 18
        forms += [
            form(f"spatial_{keep}", 6, operator, data, axes=[2, 3], **attributes),
            form(f"channels_{keep}", 11, operator, data, axes=[1], **attributes),
            form(f"negative_{keep}", 11, operator, data, axes=[-1], **attributes),
            form(f"all_{keep}", 11, operator, data, **attributes),
            form(f"input_{keep}", input_since, operator, data, ints(1, 3), **attributes),
            form(f"input_negative_{keep}", 18, operator, data, ints(-2), **attributes),
            form(f"input_all_{keep}", 18, operator, data, **attributes),
            form(f"noop_{keep}", 18, operator, data, noop_with_empty_axes=1, **attributes),
        ]
    for operator, keep in itertools.product(("ArgMax", "ArgMin"), (0, 1)):
        to_indices = {"kind": TensorProto.INT64, "keepdims": keep}
        forms += [
            form(f"default_{keep}", 6, operator, _SHAPE, **to_indices),
            form(f"axis_{keep}", 11, operator, _SHAPE, axis=-2, **to_indices),
            form(f"last_{keep}", 13, operator, (2, 3, 1, 7), axis=2, select_last_index=1, **to_indices),
        ]
    return forms


def _softmaxes() -> list[Form]:
    forms = []
    for operator in ("Softmax", "LogSoftmax", "Hardmax"):
        for opset in (6, 11, 13):
            forms += [
                form("default", opset, operator, _SHAPE),
                *(form(f"axis_{axis}", opset, operator, _SHAPE, axis=axis) for axis in (0, 1, 2, 3)),
            ]
        forms.append(form("negative", 11, operator, _SHAPE, axis=-2))
        forms.append(form("negative", 13, operator, _SHAPE, axis=-2))
        forms.append(form("matrix", 11, operator, (4, 6)))
    return forms


def _pieces() -> list[Form]:
    return [
        form("attributes", 6, "Slice", _SHAPE, starts=[1, 0], ends=[2, 4], axes=[0, 2]),
        form("no_axes", 6, "Slice", _SHAPE, starts=[0, 1], ends=[2, 3]),
        form("negative_ends", 6, "Slice", _SHAPE, starts=[0, -4], ends=[-1, -1], axes=[2, 3]),
        form("beyond", 6, "Slice", _SHAPE, starts=[1], ends=[_INT_MAX], axes=[3]),
        form("inputs", 10, "Slice", _SHAPE, ints(1), ints(5), ints(3)),
        form("steps", 10, "Slice", _SHAPE, ints(0, 1), ints(5, _INT_MAX), ints(2, 3), ints(2, 3)),
        form("backwards", 11, "Slice", _SHAPE, ints(-1), ints(-_INT_MAX), ints(3), ints(-1)),
        form("backwards_2", 13, "Slice", _SHAPE, ints(6), ints(0), ints(-1), ints(-2)),
        form("int32", 13, "Slice", _SHAPE, *(np.array([value], np.int32) for value in (1, 3, 1))),
        form("no_axes", 13, "Slice", _SHAPE, ints(0, 1, 2), ints(1, 3, 4)),
        form("equal", 6, "Split", (2, 6, 5), axis=1, results=3),
        form("sizes", 6, "Split", (2, 6, 5), axis=1, split=[1, 3, 2], results=3),
        form("default_axis", 11, "Split", (6, 5), results=2),
        form("negative_axis", 11, "Split", (2, 6, 5), axis=-2, split=[4, 2], results=2),
        form("input", 13, "Split", (2, 6, 5), ints(1, 5), axis=1, results=2),
        form("equal", 13, "Split", (2, 6, 5), axis=1, results=2),
        form("num_outputs", 18, "Split", (2, 7, 5), axis=1, num_outputs=3, results=3),
        form("axis_1", 6, "Concat", (2, 3, 5), (2, 1, 5), axis=1),
        form("constant", 13, "Concat", (2, 3, 5), random("c", (2, 3, 2)), (2, 3, 1), axis=-1),
        form("rows", 6, "Gather", _SHAPE, ints(2, 0), axis=1),
        form("negative", 11, "Gather", _SHAPE, ints(-1, 1, -3), axis=2),
        form("scalar", 13, "Gather", _SHAPE, np.array(-2, np.int64), axis=3),
        form("matrix", 13, "Gather", _SHAPE, ints(0, 1, 2, -1).reshape(2, 2), axis=1),
        form("elements", 13, "GatherElements", (3, 4), ints(0, -1, 2, 1, 0, 0, 1, 1).reshape(2, 4), axis=0),
        form("indices", 13, "GatherND", (3, 4, 5), ints(0, 1, 2, -1).reshape(2, 2)),
        form("batch", 13, "GatherND", (2, 4, 5), ints(1, 3).reshape(2, 1), batch_dims=1),
    ]


def _old_dropout() -> Form:
    newer = form("newer", 7, "Dropout", _SHAPE, ratio=0.4).model
    return dataclasses.replace(form("plain", 6, "Dropout", _SHAPE, ratio=0.4), newer=newer)


def _movements() -> list[Form]:
    return [
        form("reversed", 6, "Transpose", _SHAPE),
        form("perm", 13, "Transpose", _SHAPE, perm=[0, 2, 3, 1]),
        form("attribute", 6, "Squeeze", (2, 1, 5, 1), axes=[1, 3]),
        form("all", 11, "Squeeze", (2, 1, 5, 1)),
        form("negative", 11, "Squeeze", (2, 1, 5, 1), axes=[-1]),
        form("input", 13, "Squeeze", (2, 1, 5, 1), ints(1, -1)),
        form("all", 13, "Squeeze", (2, 1, 5, 1)),
        form("attribute", 6, "Unsqueeze", (2, 5), axes=[0, 2]),
        form("negative", 11, "Unsqueeze", (2, 5), axes=[-1, 1]),
        form("input", 13, "Unsqueeze", (2, 5), ints(0, -1)),
        form("unsorted", 13, "Unsqueeze", (2, 5), ints(3, 0)),
        form("sizes", 6, "Reshape", _SHAPE, ints(6, 35)),
        form("zero_and_rest", 6, "Reshape", _SHAPE, ints(0, -1, 7)),
        form("zeros", 14, "Reshape", _SHAPE, ints(0, 0, -1)),
        form("allowzero", 14, "Reshape", _SHAPE, ints(2, -1), allowzero=1),
        form("default", 6, "Flatten", _SHAPE),
        *(form(f"axis_{axis}", 9, "Flatten", _SHAPE, axis=axis) for axis in (0, 2, 4)),
        form("negative", 11, "Flatten", _SHAPE, axis=-1),
        form("repeats", 6, "Tile", (2, 3, 5), ints(1, 2, 3)),
        form("repeats", 13, "Tile", (2, 3, 5), ints(2, 1, 1)),
        form("exclusive", 11, "CumSum", (3, 5), np.array(1, np.int64), exclusive=1),
        form("reverse", 14, "CumSum", (3, 5), np.array(-2, np.int64), reverse=1),
        form("upper", 14, "Trilu", (2, 4, 5)),
        form("lower", 14, "Trilu", (2, 4, 5), np.array(1, np.int64), upper=0),
        form("unused_mask", 7, "Dropout", _SHAPE, ratio=0.4),
        _old_dropout(),
        form("ratio_input", 12, "Dropout", _SHAPE, scalar(0.3)),
        form("not_training", 13, "Dropout", _SHAPE, scalar(0.3), np.array(False)),
        form("plain", 6, "Identity", _SHAPE),
    ]


def _paddings() -> list[Form]:
    around = [0, 0, 1, 2, 0, 0, 3, 1]
    forms = [
        form("attributes", 6, "Pad", _SHAPE, pads=around),
        form("value", 6, "Pad", _SHAPE, pads=around, value=1.5),
        form("all_axes", 6, "Pad", _SHAPE, pads=[1, 0, 1, 2, 0, 1, 1, 0]),
        form("negative", 6, "Pad", _SHAPE, pads=[0, 0, -1, 1, 0, 0, 0, -2]),
        form("inputs", 11, "Pad", _SHAPE, ints(*around)),
        form("value", 11, "Pad", _SHAPE, ints(*around), scalar(-2)),
        form("value_1", 13, "Pad", _SHAPE, ints(*around), floats(-2).reshape(())),
        form("axes", 18, "Pad", _SHAPE, ints(1, 2, 3, 1), scalar(0.5), ints(2, -1)),
        form("axes_swapped", 18, "Pad", _SHAPE, ints(1, 2, 3, 1), None, ints(3, 2)),
        form("wrap", 19, "Pad", _SHAPE, ints(*around), mode="wrap"),
        form("negative", 13, "Pad", _SHAPE, ints(0, 0, -1, 1, 0, 0, 0, -2)),
    ]
    for mode in ("reflect", "edge"):
        forms += [
            form(mode, 6, "Pad", _SHAPE, pads=around, mode=mode),
            form(mode, 11, "Pad", _SHAPE, ints(*around), mode=mode),
            form(f"{mode}_channels", 13, "Pad", _SHAPE, ints(0, 1, 1, 2, 0, 2, 3, 1), mode=mode),
        ]
    return forms


def axis_forms() -> list[Form]:
    return [*_reductions(), *_softmaxes(), *_pieces(), *_movements(), *_paddings()]

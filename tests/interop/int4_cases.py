"""The table of cases with weights of 4 bits, made from those with weights of 8: the same shapes and attributes, weights
from [-8, 7] of scales that make up for it. Only what TFLite's kernels run: DEPTHWISE_CONV_2D on INT16 takes two packed
weights for one, and TRANSPOSE_CONV takes no INT4."""

from __future__ import annotations

import dataclasses

import numpy as np

from int16_cases import int16_cases
from tflite_builder import Tensor
from vector_cases import Case, all_cases

_OPERATORS = {
    "int8": {"CONV_2D": 7, "DEPTHWISE_CONV_2D": 6, "FULLY_CONNECTED": 12},
    "int16": {"CONV_2D": 7, "FULLY_CONNECTED": 12},
}
_STEPS = 16


def _weights(tensor: Tensor) -> Tensor:
    scale = tuple((np.atleast_1d(tensor.scale).astype(np.float32) * _STEPS).tolist())
    data = np.clip(np.round(tensor.data / _STEPS), -8, 7).astype(np.int8)
    return dataclasses.replace(tensor, dtype="int4", data=data, scale=scale)


def _bias(tensor: Tensor) -> Tensor:
    scale = tuple((np.atleast_1d(tensor.scale).astype(np.float32) * _STEPS).tolist())
    return dataclasses.replace(tensor, data=tensor.data // _STEPS, scale=scale)


def int4_cases():
    for case in [*all_cases(), *int16_cases()]:
        version = _OPERATORS[_type(case)].get(case.operator) if _type(case) in _OPERATORS else None
        if version is None or case.inputs[1].data is None:
            continue
        source, weights, bias = case.inputs
        yield dataclasses.replace(
            case,
            name="int4_" + case.name,
            inputs=[source, _weights(weights), None if bias is None else _bias(bias)],
            version=version,
        )


def _type(case: Case) -> str:
    return case.inputs[0].dtype if case.inputs[0] is not None else ""

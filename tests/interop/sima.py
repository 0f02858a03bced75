"""Goes through a quantized graph node by node and asks the oracle what each must have computed from what Octet kept."""

from __future__ import annotations

import collections

import numpy as np

import sima_oracle
from octet_file import QuantizedGraph
from sima_oracle import Value


def _value(graph: QuantizedGraph, name: str, kept: dict[str, np.ndarray]) -> Value | None:
    if not name:
        return None
    data = graph.constants[name] if name in graph.constants else kept[name]
    return Value(data, graph.scales.get(name), graph.zero_points.get(name, 0))


def check(
    graph: QuantizedGraph, kept: dict[str, np.ndarray], counts: collections.Counter | None = None
) -> int:
    """The number of integer nodes, all of whose outputs equal the oracle's; fails naming the first that does not."""
    checked = 0
    for node in graph.nodes:
        operands = [_value(graph, name, kept) for name in node["inputs"]]
        outs = [_value(graph, name, kept) for name in node["outputs"]]
        integers = {np.dtype(np.int8), np.dtype(np.int16)}
        if not integers & {operands[0].data.dtype, outs[0].data.dtype}:
            continue
        expected = sima_oracle.outputs_of(node["operator"], node["attributes"], operands, outs)
        for out, values, name in zip(outs, expected, node["outputs"], strict=True):
            assert out.data.shape == values.shape, (
                f"{node['operator']} {name}: {out.data.shape} for {values.shape}"
            )
            differing = np.flatnonzero(out.data.ravel() != values.ravel())
            assert differing.size == 0, (
                f"{node['operator']} {name}: {differing.size} of {values.size} elements differ, first at "
                f"{differing[0]}: {out.data.ravel()[differing[0]]} for {values.ravel()[differing[0]]}"
            )
        checked += 1
        if counts is not None:
            counts[node["operator"]] += 1
    return checked

"""Builds .octet files node by node, with code that flatc generates from schemas/octet.fbs: for operators that no other
format has."""

from __future__ import annotations

import json

import flatbuffers
import numpy as np

from octet_file import schema_module

_DTYPES = ["float32", "float16", "bfloat16", "int8", "uint8", "int16", "int32", "int64", "bool"]


def table(kind: str, /, **fields):
    """An object of the schema's table or struct `kind`."""
    result = getattr(schema_module(kind), f"{kind}T")()
    for field, value in fields.items():
        if not hasattr(result, field):
            raise AttributeError(f"{kind} has no {field}")
        setattr(result, field, value)
    return result


def enumerator(name: str, value: str) -> int:
    return getattr(getattr(schema_module(name), name), value)


def spatial(height: int, width: int):
    return table("Spatial", height=height, width=width)


def static_type(dtype: str, shape):
    return table("StaticType", dtype=_DTYPES.index(dtype), shape=list(shape))


_SEGMENT = {"name": "APU_0", "unit": "APU", "nodes": [], "inputs": [], "outputs": []}


class OctetGraph:
    """One graph; tensors are added by name and referred to by index."""

    def __init__(self):
        self._graph = table("Graph", name="main", tensors=[], nodes=[], inputs=[], outputs=[])
        self._constants = []
        self.feeds: dict[str, np.ndarray] = {}

    def _tensor(self, name: str, dtype: str, shape, constant: int = -1, scale: float | None = None) -> int:
        quantization = None
        if scale is not None:
            quantization = table("Quantization", scale=[scale], zeroPoint=[0])
        tensor = table(
            "Tensor",
            name=name,
            dtype=_DTYPES.index(dtype),
            shape=list(shape),
            constant=constant,
            quantization=quantization,
        )
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def input(self, name: str, values: np.ndarray, scale: float | None = None) -> int:
        """An input of the graph, and what it is to be fed."""
        index = self._tensor(name, str(values.dtype), values.shape, scale=scale)
        self._graph.inputs.append(index)
        self.feeds[name] = values
        return index

    def constant(self, name: str, values: np.ndarray) -> int:
        data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._constants.append(table("Constant", data=data))
        return self._tensor(name, str(values.dtype), values.shape, len(self._constants) - 1)

    def node(self, name: str, operator: str, attributes, inputs, outputs, scale: float | None = None):
        """A node whose outputs, (dtype, shape) each, are outputs of the graph named `name`, `name`:1, ..."""
        kind = type(attributes).__name__[:-1]
        indices = [
            self._tensor(name if i == 0 else f"{name}:{i}", dtype, shape, scale=scale)
            for i, (dtype, shape) in enumerate(outputs)
        ]
        self._graph.nodes.append(
            table(
                "Node",
                name=name,
                operator=operator,
                attributesType=enumerator("Attributes", kind),
                attributes=attributes,
                inputs=list(inputs),
                outputs=indices,
                placement=table("Placement", unit=enumerator("Unit", "Apu"), segment=0, reasons=[]),
            )
        )
        self._graph.outputs += indices
        return indices

    def finish(self) -> bytes:
        model = table(
            "Model",
            formatVersion=1,
            quantized=self._graph,
            constants=self._constants,
            settingsJson="{}",
            reportJson=json.dumps({"partition": {"segments": [_SEGMENT]}}),
        )
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"OCTT")
        return bytes(builder.Output())

"""Questions about a .tflite file: what computes what, and what of it is exact in integers."""

from __future__ import annotations

import dataclasses

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tflite_builder import pack, unpack

_OPERATOR_NAMES = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)
}


@dataclasses.dataclass(frozen=True)
class Operation:
    kind: str
    inputs: tuple[int, ...]  # Indices of tensors; an absent operand is -1.
    outputs: tuple[int, ...]


@dataclasses.dataclass(frozen=True)
class Graph:
    names: list[str]
    types: list[int]
    constant: list[bool]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    operations: list[Operation]

    def computed(self) -> list[int]:
        """Indices of the tensors that operators compute, in order."""
        return [tensor for operation in self.operations for tensor in operation.outputs]

    def behind_float(self) -> set[int]:
        """Tensors that depend on an operator computing in floats, whose last bits may differ between runtimes.
        Conversions at the ends are no such operators."""
        behind: set[int] = set()
        for operation in self.operations:
            operands = [tensor for tensor in operation.inputs if tensor >= 0]
            in_float = operation.kind not in ("QUANTIZE", "DEQUANTIZE") and any(
                self.types[tensor] == schema.TensorType.FLOAT32
                for tensor in operands
                if not self.constant[tensor]
            )
            if in_float or behind.intersection(operands):
                behind.update(operation.outputs)
        return behind


def parse(data: bytes) -> Graph:
    model = unpack(data)
    graph = model.subgraphs[0]
    codes = [max(code.builtinCode, code.deprecatedBuiltinCode) for code in model.operatorCodes]
    return Graph(
        names=[tensor.name.decode() for tensor in graph.tensors],
        types=[tensor.type for tensor in graph.tensors],
        constant=[model.buffers[tensor.buffer].data is not None for tensor in graph.tensors],
        inputs=tuple(graph.inputs),
        outputs=tuple(graph.outputs),
        operations=[
            Operation(
                _OPERATOR_NAMES[codes[operator.opcodeIndex]],
                tuple(int(tensor) for tensor in operator.inputs),
                tuple(int(tensor) for tensor in operator.outputs),
            )
            for operator in graph.operators
        ],
    )


def without_custom_operators(data: bytes) -> bytes:
    """The file cut before its first custom operator, whose operands become the outputs."""
    model = unpack(data)
    graph = model.subgraphs[0]
    for position, operator in enumerate(graph.operators):
        if model.operatorCodes[operator.opcodeIndex].customCode is not None:
            computed = {int(tensor) for before in graph.operators[:position] for tensor in before.outputs}
            graph.outputs = [tensor for tensor in operator.inputs if int(tensor) in computed]
            graph.operators = graph.operators[:position]
            used = sorted({operator.opcodeIndex for operator in graph.operators})
            for operator in graph.operators:
                operator.opcodeIndex = used.index(operator.opcodeIndex)
            model.operatorCodes = [model.operatorCodes[index] for index in used]
            return pack(model)
    return data


def constants_behind(data: bytes, tensor_name: str) -> np.ndarray:
    """The float contents of a tensor that DEQUANTIZE makes from a float16 constant."""
    model = unpack(data)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if graph.tensors[operator.outputs[0]].name.decode() == tensor_name:
            source = graph.tensors[operator.inputs[0]]
            values = np.frombuffer(bytes(model.buffers[source.buffer].data), np.float16)
            return values.astype(np.float32).reshape(source.shape)
    raise KeyError(tensor_name)


def only_operator(data: bytes, kind: str) -> bytes:
    """The file cut down to its only operator of that kind, whose computed operands become the inputs."""
    model = unpack(data)
    graph = model.subgraphs[0]
    computed = {int(tensor) for operator in graph.operators for tensor in operator.outputs} | set(
        graph.inputs
    )
    (position,) = [index for index, operation in enumerate(parse(data).operations) if operation.kind == kind]
    operator = graph.operators[position]
    model.operatorCodes = [model.operatorCodes[operator.opcodeIndex]]
    operator.opcodeIndex = 0
    graph.operators = [operator]
    graph.inputs = [tensor for tensor in operator.inputs if int(tensor) in computed]
    graph.outputs = operator.outputs
    model.signatureDefs = []
    return pack(model)

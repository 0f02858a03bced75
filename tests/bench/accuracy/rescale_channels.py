"""Makes a float .tflite hard to quantize per tensor, and changes nothing else.

Channels between layers get factors 2^k, k random in -LARGEST..LARGEST: layers that compute a channel multiply by the
factor, those that read it divide. This is done where every layer in between commutes with positive factors (ADD without
or with RELU, pooling, MEAN over height and width), and to all layers that share channels through ADD together.
Factors are powers of two, so that the float result stays the same to the last bit.

usage: rescale_channels.py in.tflite out.tflite [--largest 4] [--seed 1]
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import pathlib

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

_NAMES = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_FLOAT32 = schema.TensorType.FLOAT32
_POSITIVELY_HOMOGENEOUS = (schema.ActivationFunctionType.NONE, schema.ActivationFunctionType.RELU)


@dataclasses.dataclass(frozen=True)
class _Axes:
    """Where an affine layer's weights have their output and input channels."""

    output: int
    input: int


_AFFINE = {"CONV_2D": _Axes(0, 3), "DEPTHWISE_CONV_2D": _Axes(3, 3), "FULLY_CONNECTED": _Axes(0, 1)}
_TRANSPARENT = {"ADD", "RELU", "AVERAGE_POOL_2D", "MAX_POOL_2D", "MEAN"}


class ChannelGroups:
    """Sets of tensors whose channels must be scaled together, and which of the sets may be scaled at all."""

    def __init__(self, model: schema.ModelT):
        self.model = model
        self.graph = model.subgraphs[0]
        self._parent = list(range(len(self.graph.tensors)))
        self._fixed: set[int] = set(self.graph.inputs) | set(self.graph.outputs)
        self.writers: dict[int, list] = collections.defaultdict(list)
        self.readers: dict[int, list] = collections.defaultdict(list)
        for operator in self.graph.operators:
            self._add(operator)

    def scalable(self) -> list[int]:
        """The sets' roots, in order of their first tensors."""
        fixed = {self.root(tensor) for tensor in self._fixed}
        roots = dict.fromkeys(self.root(tensor) for tensor in range(len(self._parent)))
        written = {self.root(tensor) for tensor in self.writers}
        read = {self.root(tensor) for tensor in self.readers}
        return [root for root in roots if root in written and root in read and root not in fixed]

    def root(self, tensor: int) -> int:
        while self._parent[tensor] != tensor:
            tensor = self._parent[tensor]
        return tensor

    def values(self, tensor: int) -> np.ndarray | None:
        """The values of a float32 constant."""
        table = self.graph.tensors[tensor]
        data = self.model.buffers[table.buffer].data
        if table.type != _FLOAT32 or data is None or len(data) == 0:
            return None
        return np.frombuffer(np.asarray(data, np.uint8).tobytes(), np.float32).reshape(table.shape).copy()

    def kind(self, operator: schema.OperatorT) -> str:
        code = self.model.operatorCodes[operator.opcodeIndex]
        return _NAMES[max(code.builtinCode, code.deprecatedBuiltinCode)]

    def _add(self, operator: schema.OperatorT) -> None:
        kind = self.kind(operator)
        computed = [tensor for tensor in operator.inputs if tensor >= 0 and not self._is_constant(tensor)]
        activation = getattr(operator.builtinOptions, "fusedActivationFunction", 0)
        homogeneous = activation in _POSITIVELY_HOMOGENEOUS
        if kind in _AFFINE and self._has_own_weights(operator):
            self.readers[operator.inputs[0]].append(operator)
            if homogeneous:
                self.writers[operator.outputs[0]].append(operator)
            else:
                self._fixed.add(operator.outputs[0])
            if not self._channels_match(operator):
                self._fixed.add(operator.inputs[0])
        elif kind in _TRANSPARENT and homogeneous and self._keeps_channels(operator, computed):
            for tensor in computed:
                self._parent[self.root(tensor)] = self.root(operator.outputs[0])
        else:
            self._fixed.update(computed)
            self._fixed.update(operator.outputs)

    def _is_constant(self, tensor: int) -> bool:
        data = self.model.buffers[self.graph.tensors[tensor].buffer].data
        return data is not None and len(data) > 0

    def _has_own_weights(self, operator: schema.OperatorT) -> bool:
        constants = [tensor for tensor in operator.inputs[1:] if tensor >= 0]
        uses = [tensor for other in self.graph.operators for tensor in other.inputs]
        return all(self.values(tensor) is not None and uses.count(tensor) == 1 for tensor in constants)

    def _channels_match(self, operator: schema.OperatorT) -> bool:
        """False where the weights' input channels are not the tensor's: a flattened image, a channel multiplier."""
        weights = self.graph.tensors[operator.inputs[1]].shape
        axis = _AFFINE[self.kind(operator)].input
        return weights[axis] == self.graph.tensors[operator.inputs[0]].shape[-1]

    def _keeps_channels(self, operator: schema.OperatorT, computed: list[int]) -> bool:
        shapes = [self.graph.tensors[tensor].shape for tensor in (*computed, operator.outputs[0])]
        if self.kind(operator) == "ADD":
            return len(computed) == 2 and all(np.array_equal(shape, shapes[0]) for shape in shapes)
        if self.kind(operator) == "MEAN":
            axes = self.model.buffers[self.graph.tensors[operator.inputs[1]].buffer].data
            rank = len(shapes[0])
            reduced = np.frombuffer(np.asarray(axes, np.uint8).tobytes(), np.int32) % rank
            return rank == 4 and rank - 1 not in reduced
        return True


def rescale_channels(data: bytes, largest: int = 4, seed: int = 1) -> tuple[bytes, int]:
    """The changed file, and how many channels got a factor of their own. Raises where there is none to change."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(data, 0))
    groups = ChannelGroups(model)
    random = np.random.default_rng(seed)
    factors: dict[int, np.ndarray] = {}
    for root in groups.scalable():
        channels = groups.graph.tensors[root].shape[-1]
        factors[root] = np.exp2(random.integers(-largest, largest, channels, endpoint=True)).astype(
            np.float32
        )
    if not factors:
        raise ValueError("No channels of this model can be rescaled.")

    def change(tensor: int, axis: int, factor: np.ndarray) -> None:
        shape = [1] * len(groups.graph.tensors[tensor].shape)
        shape[axis] = -1
        values = groups.values(tensor) * factor.reshape(shape)
        buffer = model.buffers[groups.graph.tensors[tensor].buffer]
        buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)

    for operators, scale in ((groups.writers, 1), (groups.readers, -1)):
        for tensor, users in operators.items():
            factor = factors.get(groups.root(tensor))
            if factor is None:
                continue
            for operator in users:
                axes = _AFFINE[groups.kind(operator)]
                change(
                    operator.inputs[1], axes.output if scale > 0 else axes.input, factor ** np.float32(scale)
                )
                if scale > 0 and len(operator.inputs) > 2 and operator.inputs[2] >= 0:
                    change(operator.inputs[2], 0, factor)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output()), sum(len(factor) for factor in factors.values())


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--largest", type=int, default=4, help="the largest exponent of two")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    data, channels = rescale_channels(arguments.input.read_bytes(), arguments.largest, arguments.seed)
    arguments.output.write_bytes(data)
    print(f"Rescaled {channels} channels.")


if __name__ == "__main__":
    main()

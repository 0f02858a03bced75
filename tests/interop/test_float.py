"""Float execution against LiteRT's float kernels."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

import octet_cli
import tflite_graph
from models import MODELS
from tflite_builder import run_once

TOLERANCE = 1e-4  # Of the range of the tensor's values.


def float_interpreter(data: bytes, *, preserve_all: bool = False) -> Interpreter:
    interpreter = Interpreter(
        model_content=data,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        experimental_preserve_all_tensors=preserve_all,
    )
    interpreter.allocate_tensors()
    return interpreter


def assert_close(actual: np.ndarray, expected: np.ndarray, name: str) -> None:
    assert actual.shape == expected.shape, name
    spread = float(expected.max() - expected.min()) or max(abs(float(expected.max())), 1.0)
    error = float(np.abs(actual - expected).max())
    assert error <= TOLERANCE * spread, f"{name} is off by {error / spread:.2e} of its range"


def test_every_common_tensor_agrees(model):
    """Outputs among them, but for what follows a custom operator, which LiteRT lacks."""
    data = tflite_graph.without_custom_operators(model.path.read_bytes())
    interpreter = float_interpreter(data, preserve_all=True)
    graph = tflite_graph.parse(data)
    for values in model.evaluation_inputs()[:2]:
        run_once(interpreter, [values])
        kept = octet_cli.run(model.path, {model.input[0]: values}, keep_all=True)
        common = [tensor for tensor in graph.computed() if graph.names[tensor] in kept]
        for tensor in common:
            name = graph.names[tensor]
            assert_close(kept[name].values, interpreter.get_tensor(tensor), name)
        assert len(common) >= 10
        if data == model.path.read_bytes():
            assert {graph.names[tensor] for tensor in graph.outputs} <= set(kept)


def test_custom_transposed_convolution():
    """The custom operator of selfie_segmentation against the definition, on the values that Octet fed to it."""
    model = MODELS["selfie"]
    data = model.path.read_bytes()
    kernel = tflite_graph.constants_behind(data, "segment/Kernel_dequantize")
    bias = tflite_graph.constants_behind(data, "segment/Bias_dequantize")
    kept = octet_cli.run(model.path, {model.input[0]: model.evaluation_inputs()[0]}, keep_all=True)
    source = kept["add_13__xeno_compat__1"].values.astype(np.float64)
    batch, height, width, _ = source.shape
    channels, window, _, _ = kernel.shape
    assert window == 2, "With stride 2 the windows tile the output: every output element has one tap."
    expected = np.empty((batch, height * 2, width * 2, channels))
    for row in range(2):
        for column in range(2):
            expected[:, row::2, column::2] = source @ kernel[:, row, column].astype(np.float64).T + bias
    assert_close(kept["segment"].values, expected, "segment")
    probability = kept[tflite_graph.parse(data).names[tflite_graph.parse(data).outputs[0]]].values
    assert_close(probability, 1 / (1 + np.exp(-expected)), "the output")


def test_bfloat16_is_exported_in_float(exports):
    """TFLite has no BF16 kernels: LiteRT runs the file in float32, as Octet does."""
    model = MODELS["fashion"]
    _, path = exports.get(model, "gen2", "tflite", "bfloat16")
    interpreter = float_interpreter(path.read_bytes())
    assert {detail["dtype"] for detail in interpreter.get_tensor_details()} <= {np.float32, np.int32}
    values = model.evaluation_inputs()[0]
    run_once(interpreter, [values])
    (output,) = interpreter.get_output_details()
    kept = octet_cli.run(path, {model.input[0]: values})
    assert_close(kept[output["name"]].values, interpreter.get_tensor(output["index"]), output["name"])

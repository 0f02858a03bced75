"""Masks before SOFTMAX, and scales that no kernel takes: what Octet writes loads and runs in LiteRT."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np
import pytest

import litert_process
import octet_cli
from test_float import float_interpreter
from tflite_builder import ModelBuilder, Tensor, constant, run_once

ROWS, LENGTH = 6, 8
SHAPE = (1, 1, ROWS, LENGTH)
HIDDEN = np.triu(np.ones((ROWS, LENGTH), bool), 2).reshape(SHAPE)
LOWEST = float(np.finfo(np.float32).min)
SAMPLES = 16


def real(shape=SHAPE) -> Tensor:
    return Tensor(shape, "float32")


def op(builder: ModelBuilder, kind: str, inputs, options: str = "", shape=SHAPE, **fields) -> Tensor:
    output = real(shape)
    builder.add(kind, inputs, [output], options, **fields)
    return output


def scalar(value: float) -> Tensor:
    return constant(np.float32(value), "float32")


def mask_of(value: float) -> np.ndarray:
    return np.where(HIDDEN, np.float32(value), np.float32(0))


@dataclasses.dataclass(frozen=True)
class Mask:
    """`build` puts a mask on scores and gives the masked ones; `given`, where there is one, is the second half of the input."""

    name: str
    build: Callable[[ModelBuilder, Tensor, Tensor | None], Tensor]
    given: np.ndarray | None = None


def added(value: float):
    return lambda b, scores, _: op(b, "ADD", [scores, constant(mask_of(value), "float32")], "AddOptions")


def selected(value: float):
    def build(b, scores, _):
        return op(b, "SELECT_V2", [constant(~HIDDEN, "bool"), scores, scalar(value)], "SelectV2Options")

    return build


def computed(value: float, kind: str = "ADD"):
    """(1 - given) times the value."""

    def build(b, scores, kept):
        hidden = op(b, "SUB", [scalar(1), kept], "SubOptions")
        mask = op(b, "MUL", [hidden, scalar(value)], "MulOptions")
        return op(b, kind, [scores, mask], kind.capitalize() + "Options")

    return build


def given(b, scores, mask):
    return op(b, "ADD", [scores, mask], "AddOptions")


def moved(b, scores, mask):
    turned = op(
        b, "TRANSPOSE", [mask, constant([0, 1, 3, 2], "int32")], "TransposeOptions", (1, 1, LENGTH, ROWS)
    )
    back = op(b, "TRANSPOSE", [turned, constant([0, 1, 3, 2], "int32")], "TransposeOptions")
    flat = op(
        b,
        "RESHAPE",
        [back, constant([1, 1, 1, ROWS * LENGTH], "int32")],
        "ReshapeOptions",
        (1, 1, 1, ROWS * LENGTH),
    )
    again = op(b, "RESHAPE", [flat, constant(SHAPE, "int32")], "ReshapeOptions")
    return op(b, "ADD", [again, scores], "AddOptions")


KEPT = np.where(HIDDEN, 0, 1).astype(np.float32)

MASKS = [
    *(
        Mask(f"{value:g} added", added(value))
        for value in (-100, -1e4, -65504, -1e9, -3.4e38, LOWEST, -np.inf)
    ),
    *(Mask(f"{value:g} selected", selected(value)) for value in (-1e9, LOWEST, -np.inf)),
    *(Mask(f"{value:g} times", computed(value), KEPT) for value in (-1e4, -1e9, LOWEST)),
    Mask("1e9 times, subtracted", computed(1e9, "SUB"), KEPT),
    *(Mask(f"{value:g} given", given, mask_of(value)) for value in (-1e9, LOWEST, -np.inf)),
    *(Mask(f"{value:g} moved", moved, mask_of(value)) for value in (-1e9, -np.inf)),
]


def masked_model(mask: Mask, softmax: str) -> tuple[bytes, list[np.ndarray]]:
    builder = ModelBuilder()
    random = np.random.default_rng(3)
    scores = [random.uniform(-1, 1.5, SHAPE).astype(np.float32) for _ in range(SAMPLES)]
    if mask.given is None:
        source = x = real()
        second, samples = None, scores
    else:
        source = real((1, 2, ROWS, LENGTH))
        x, second = real(), real()
        builder.add(
            "SPLIT", [constant(np.int32(1), "int32"), source], [x, second], "SplitOptions", numSplits=2
        )
        samples = [np.concatenate([values, mask.given], 1) for values in scores]
    logits = mask.build(builder, op(builder, "MUL", [x, scalar(2)], "MulOptions"), second)
    fields = {"beta": 1.0} if softmax == "SOFTMAX" else {}
    options = "SoftmaxOptions" if softmax == "SOFTMAX" else "LogSoftmaxOptions"
    result = op(builder, softmax, [logits], options, **fields)
    return builder.finish([source], [result]), samples


def quantize(model: bytes, samples, folder: pathlib.Path, *options) -> pathlib.Path:
    float_file, quantized = folder / "float.tflite", folder / "quantized.tflite"
    float_file.write_bytes(model)
    np.save(folder / "samples.npy", np.concatenate(samples))
    octet_cli.octet(
        "quantize",
        float_file,
        "--calibration",
        folder / "samples.npy",
        "--output",
        quantized,
        "--quiet",
        *options,
    )
    return quantized


def float_outputs(model: bytes, samples) -> np.ndarray:
    interpreter = float_interpreter(model)
    return np.stack([run_once(interpreter, [values])[0] for values in samples])


def sqnr(expected: np.ndarray, actual: np.ndarray) -> float:
    error = float(np.sum((expected - actual).astype(np.float64) ** 2))
    return 10 * np.log10(float(np.sum(expected.astype(np.float64) ** 2)) / max(error, 1e-30))


@pytest.mark.parametrize("preset", ["default", "recommended", "int16"])
@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask.name)
def test_a_mask_hides_and_costs_no_precision(mask, preset, tmp_path, record_property):
    model, samples = masked_model(mask, "SOFTMAX")
    file = quantize(model, samples, tmp_path, "--target", "tflite", "--preset", preset)
    expected = float_outputs(model, samples)
    for resolver in litert_process.RESOLVERS:
        actual = np.stack(litert_process.outputs(file, samples, resolver))
        record_property(f"SQNR {resolver}", sqnr(expected, actual))
        assert sqnr(expected, actual) > 33
        # The INT16 kernel takes all that is 10 or more below the largest for 10.
        assert np.max(np.where(HIDDEN, actual, 0)) <= (2 / 32768 if preset == "int16" else 0)


@pytest.mark.parametrize("target", ["gen1", "gen2"])
@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask.name)
def test_accelerators_hide_it_too(mask, target, tmp_path):
    model, samples = masked_model(mask, "SOFTMAX")
    file = quantize(model, samples, tmp_path, "--target", target, "--preset", "default")
    expected = float_outputs(model, samples)
    for resolver in litert_process.RESOLVERS:
        actual = np.stack(litert_process.outputs(file, samples, resolver))
        assert sqnr(expected, actual) > 28
        assert np.max(np.where(HIDDEN, actual, 0)) < 1e-5


@pytest.mark.parametrize("mask", MASKS, ids=lambda mask: mask.name)
def test_logarithms_end_where_their_output_does(mask, tmp_path):
    model, samples = masked_model(mask, "LOG_SOFTMAX")
    file = quantize(model, samples, tmp_path, "--target", "tflite", "--preset", "default")
    expected = np.maximum(float_outputs(model, samples), -255 / 16)
    for resolver in litert_process.RESOLVERS:
        actual = np.stack(litert_process.outputs(file, samples, resolver))
        assert np.max(np.abs(actual - expected)) < 0.3


def nearly_cancelling(b, x):
    large = op(b, "MUL", [x, scalar(1e6)], "MulOptions")
    other = op(b, "MUL", [x, scalar(-999_999.9)], "MulOptions")
    return op(b, "ADD", [large, other], "AddOptions")


def nearly_equal_squared(b, x):
    other = op(b, "MUL", [x, scalar(1.0001)], "MulOptions")
    return op(b, "SQUARED_DIFFERENCE", [x, other], "SquaredDifferenceOptions")


def coarse_comparison(b, x):
    condition = Tensor(SHAPE, "bool")
    large = op(b, "MUL", [x, scalar(1000)], "MulOptions")
    b.add("GREATER", [large, scalar(300)], [condition], "GreaterOptions")
    return op(b, "SELECT_V2", [condition, x, scalar(0)], "SelectV2Options")


def hardly_positive_hard_swish(b, x):
    mostly_negative = op(b, "MUL", [op(b, "SUB", [x, scalar(1)], "SubOptions"), scalar(1e5)], "MulOptions")
    return op(b, "HARD_SWISH", [mostly_negative])


def fine_logits(b, x):
    return op(b, "SOFTMAX", [op(b, "MUL", [x, scalar(1e-9)], "MulOptions")], "SoftmaxOptions", beta=1.0)


def fully_connected(weights, bias=None):
    def build(b, x):
        operands = [x, constant(np.asarray(weights, np.float32), "float32")]
        if bias is not None:
            operands.append(constant(np.asarray(bias, np.float32), "float32"))
        return op(b, "FULLY_CONNECTED", operands, "FullyConnectedOptions", (1, 1, ROWS, 2), keepNumDims=True)

    return build


def tiny_masked(b, x):
    """A bias masks one class for good."""
    scores = fully_connected(np.linspace(-1, 1, 2 * LENGTH).reshape(2, LENGTH), [0, -1e9])(b, x)
    return op(b, "SOFTMAX", [scores], "SoftmaxOptions", (1, 1, ROWS, 2), beta=1.0)


HOSTILE = {
    "a sum that nearly cancels": nearly_cancelling,
    "squares of small differences": nearly_equal_squared,
    "a comparison of large numbers": coarse_comparison,
    "a HARD_SWISH of large negative numbers": hardly_positive_hard_swish,
    "logits that are all alike": fine_logits,
    "weights that are no normal numbers": fully_connected(np.full((2, LENGTH), 1e-44), [0, 0]),
    "weights without a bias that are no normal numbers": fully_connected(np.full((2, LENGTH), 1e-44)),
    "weights that cancel": fully_connected([[1e7, -1e7] * 4, [1, 1] * 4]),
    "large weights": fully_connected(np.full((2, LENGTH), 1e20)),
    "a class that a bias masks": tiny_masked,
}


@pytest.mark.parametrize("target", ["tflite", "gen1", "gen2"])
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_written_loads_and_opens_again(name, target, tmp_path):
    builder = ModelBuilder()
    x = real()
    builder_output = HOSTILE[name](builder, x)
    model = builder.finish([x], [builder_output])
    samples = [np.full(SHAPE, value, np.float32) for value in np.linspace(0.25, 1, SAMPLES)]
    file = quantize(model, samples, tmp_path, "--target", target, "--preset", "default")
    octet_cli.octet("inspect", file)
    for resolver in litert_process.RESOLVERS:
        assert np.isfinite(litert_process.outputs(file, samples, resolver)).all()

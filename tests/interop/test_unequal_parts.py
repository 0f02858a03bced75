"""Nets that join boxes of up to 640 with scores below 0.1: by default every part of an output keeps its precision, and the
exported file computes what Octet does."""

from __future__ import annotations

import numpy as np
import pytest

import octet_cli
from models import REPOSITORY, WORK
from tflite_builder import ModelBuilder, Tensor, constant, reference_interpreter, run_once
from vector_cases import random_state

LEAST_SQNR = 20
SHAPE = (1, 8, 8, 3)
BOXES, SCORES = 4, 2
_CONV = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}


class Head:
    """Boxes and scores of one input; `build` of a case joins them."""

    def __init__(self, name: str):
        self.state = random_state(name)
        self.builder = ModelBuilder()
        self.x = Tensor(SHAPE, "float32", name="x")
        boxes = self.add("LOGISTIC", [self.conv(self.x, BOXES)], (1, 8, 8, BOXES))
        self.boxes = self.add("MUL", [boxes, constant([640.0], "float32")], (1, 8, 8, BOXES), "MulOptions")

    def add(self, kind: str, inputs, shape, options: str = "", **fields) -> Tensor:
        output = Tensor(shape, "float32", name=f"{kind.lower()}_{self.state.randint(1 << 30)}")
        self.builder.add(kind, inputs, [output], options, **fields)
        return output

    def conv(self, of: Tensor, channels: int, scale: float = 1) -> Tensor:
        weights = constant(self.state.normal(0, scale, (channels, 1, 1, of.shape[-1])), "float32")
        bias = constant(np.zeros(channels), "float32")
        return self.add("CONV_2D", [of, weights, bias], (*of.shape[:3], channels), "Conv2DOptions", **_CONV)

    def plain_scores(self) -> Tensor:
        return self.conv(self.x, SCORES, 0.03)

    def logistic_scores(self) -> Tensor:
        return self.add("LOGISTIC", [self.conv(self.x, SCORES)], (1, 8, 8, SCORES))

    def softmax_scores(self) -> Tensor:
        return self.add("SOFTMAX", [self.conv(self.x, SCORES)], (1, 8, 8, SCORES), "SoftmaxOptions", beta=1.0)

    def joined(self, parts, axis: int = 3) -> Tensor:
        shape = list(parts[0].shape)
        shape[axis] = sum(part.shape[axis] for part in parts)
        return self.add("CONCATENATION", parts, tuple(shape), "ConcatenationOptions", axis=axis)

    def rows(self, of: Tensor) -> Tensor:
        shape = (1, 64, of.shape[-1])
        return self.add("RESHAPE", [of, constant(shape, "int32")], shape, "ReshapeOptions", newShape=shape)


def transposed(head: Head) -> Tensor:
    rows = head.rows(head.joined([head.boxes, head.plain_scores()]))
    shape = (1, BOXES + SCORES, 64)
    return head.add("TRANSPOSE", [rows, constant([0, 2, 1], "int32")], shape, "TransposeOptions")


def nested(head: Head) -> Tensor:
    scores = head.joined([head.logistic_scores(), head.softmax_scores()])
    return head.rows(head.joined([head.boxes, scores]))


def anchors(head: Head) -> Tensor:
    places = constant(head.state.uniform(0, 640, (1, 8, 8, BOXES)), "float32")
    return head.joined([places, head.plain_scores()])


CASES = {
    "plain": (lambda head: head.joined([head.boxes, head.plain_scores()]), -1),
    "logistic": (lambda head: head.joined([head.boxes, head.logistic_scores()]), -1),
    "softmax": (lambda head: head.joined([head.boxes, head.softmax_scores()]), -1),
    "transposed": (transposed, 1),
    "nested": (nested, -1),
    "anchors": (anchors, -1),
}


def sqnr(expected: np.ndarray, actual: np.ndarray) -> float:
    noise = np.sum(np.square(expected - actual, dtype=np.float64))
    return np.inf if noise == 0 else 10 * np.log10(np.sum(np.square(expected, dtype=np.float64)) / noise)


@pytest.mark.parametrize("target", ["tflite", "gen1", "gen2"])
@pytest.mark.parametrize("name", CASES)
def test_every_part_keeps_its_precision(name, target):
    build, axis = CASES[name]
    head = Head(name)
    folder = WORK / "unequal_parts" / f"{name}_{target}"
    folder.mkdir(parents=True, exist_ok=True)
    model, samples = folder / "float.tflite", folder / "samples.npy"
    model.write_bytes(head.builder.finish([head.x], [build(head)]))
    values = head.state.uniform(0, 1, (6, *SHAPE[1:])).astype(np.float32)
    np.save(samples, values)
    outputs = [folder / "out.octet", folder / "out.tflite"]
    arguments = [argument for output in outputs for argument in ("--output", output)]
    octet_cli.octet("quantize", model, "--calibration", samples, "--target", target, "--quiet", *arguments)

    floats = reference_interpreter(model.read_bytes())
    integers = reference_interpreter(outputs[1].read_bytes())
    parts: dict[bool, list[tuple[np.ndarray, np.ndarray]]] = {True: [], False: []}
    for sample in values:
        (expected,) = run_once(floats, [sample[np.newaxis]])
        (actual,) = run_once(integers, [sample[np.newaxis]])
        if target == "tflite":
            (kept,) = octet_cli.run(outputs[0], {"x": sample[np.newaxis]}).values()
            assert np.array_equal(kept.values, actual)
        for is_box in parts:
            channels = slice(0, BOXES) if is_box else slice(BOXES, None)
            at = (Ellipsis, channels) if axis == -1 else (slice(None), channels)
            parts[is_box].append((expected[at], actual[at]))
    for pairs in parts.values():
        expected, actual = (np.stack(side) for side in zip(*pairs, strict=True))
        assert sqnr(expected, actual) >= LEAST_SQNR


def test_int8_outputs_come_with_a_warning():
    folder = WORK / "unequal_parts" / "int8"
    folder.mkdir(parents=True, exist_ok=True)
    samples, out = folder / "samples.npy", folder / "out.tflite"
    np.save(samples, random_state("int8").uniform(0, 1, (6, *SHAPE[1:])).astype(np.float32))
    model = REPOSITORY / "tests" / "assets" / "boxes_beside_scores.tflite"
    arguments = ["--calibration", samples, "--target", "tflite", "--io", "int8", "--json", "--output", out]
    printed = octet_cli.octet("quantize", model, *arguments)
    assert "channels 4 to 5" in printed
    assert "--io float32" in printed
    details = reference_interpreter(out.read_bytes()).get_output_details()
    assert [detail["dtype"] for detail in details] == [np.int8]

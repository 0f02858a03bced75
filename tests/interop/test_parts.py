"""Operators that TFLite lacks, written as their parts: LiteRT computes what Octet does."""

from __future__ import annotations

import pathlib
import subprocess

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import octet_cli
from models import REPOSITORY
from octet_graph import OctetGraph, table
from tflite_builder import run_once
from vector_cases import random_state

SHAPE = (1, 5, 6, 7)


def in_litert(graph: OctetGraph, folder: pathlib.Path) -> np.ndarray:
    """The only output of the graph's .tflite file."""
    file = folder / "parts.tflite"
    script = REPOSITORY / "tests" / "interop" / "export_octet.mjs"
    subprocess.run(["node", script, folder / "parts.octet", file], check=True)
    interpreter = Interpreter(model_content=file.read_bytes())
    interpreter.allocate_tensors()
    return run_once(interpreter, list(graph.feeds.values()))[0]


def in_octet(graph: OctetGraph, folder: pathlib.Path) -> np.ndarray:
    path = folder / "parts.octet"
    path.write_bytes(graph.finish())
    return octet_cli.run(path, graph.feeds)["y"].values


@pytest.mark.parametrize(("alpha", "beta"), [(0.2, 0.5), (1 / 6, 0.5), (0.7, -0.3), (-0.5, 0.25)])
def test_hard_sigmoid_is_equal_in_float(alpha, beta, tmp_path):
    values = random_state(f"hard_sigmoid/{alpha}").uniform(-6, 6, SHAPE).astype(np.float32)
    graph = OctetGraph()
    attributes = table("HardSigmoid", alpha=alpha, beta=beta)
    graph.node("y", "HARD_SIGMOID", attributes, [graph.input("x", values)], [("float32", SHAPE)])
    expected = in_octet(graph, tmp_path)
    assert expected.min() == 0
    assert np.array_equal(in_litert(graph, tmp_path), expected)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_hard_sigmoid_of_integers_is_within_a_step(dtype, tmp_path):
    """LiteRT computes it in float32 between DEQUANTIZE and QUANTIZE, Octet in double."""
    most = np.iinfo(dtype).max
    values = random_state(f"hard_sigmoid/{dtype}").randint(-most, most + 1, SHAPE).astype(dtype)
    graph = OctetGraph()
    source = graph.input("x", values, scale=5 / most)
    attributes = table("HardSigmoid", alpha=0.2, beta=0.5)
    graph.node("y", "HARD_SIGMOID", attributes, [source], [(dtype, SHAPE)], scale=1 / most)
    expected = in_octet(graph, tmp_path).astype(np.int64)
    assert expected.max() == most
    assert np.abs(in_litert(graph, tmp_path).astype(np.int64) - expected).max() <= 1


@pytest.mark.parametrize(
    "operator", ["COS", "ERF", "MISH", "RECIPROCAL", "SILU", "SIN", "SOFTPLUS", "SOFTSIGN"]
)
def test_functions_are_near_in_float(operator, tmp_path):
    values = random_state(operator).uniform(-9, 9, SHAPE).astype(np.float32)
    values.flat[:4] = [-100, -30, 30, 100]
    graph = OctetGraph()
    graph.node("y", operator, table("NoAttributes"), [graph.input("x", values)], [("float32", SHAPE)])
    expected = in_octet(graph, tmp_path)
    np.testing.assert_allclose(in_litert(graph, tmp_path), expected, rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize(
    ("operator", "most"), [("ERF", 1), ("RECIPROCAL", 8), ("SILU", 5), ("SOFTPLUS", 5.1)]
)
def test_functions_of_integers_are_within_a_step(operator, most, dtype, tmp_path):
    steps = np.iinfo(dtype).max
    values = random_state(f"{operator}/{dtype}").randint(-steps, steps + 1, SHAPE).astype(dtype)
    values[values == 0] = 1  # LiteRT's QUANTIZE is not made for infinities.
    graph = OctetGraph()
    source = graph.input("x", values, scale=5 / steps)
    graph.node("y", operator, table("NoAttributes"), [source], [(dtype, SHAPE)], scale=most / steps)
    expected = in_octet(graph, tmp_path).astype(np.int64)
    assert expected.max() > steps * 0.95
    assert np.abs(in_litert(graph, tmp_path).astype(np.int64) - expected).max() <= 1

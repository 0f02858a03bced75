"""Quantized execution with `tflite` requantization against TFLite's reference kernels, element for element."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

import octet_cli
import peers
import tflite_graph
from models import MODELS
from tflite_builder import reference_interpreter, run_once

INPUTS = {"tflite": 8, "gen1": 2, "gen2": 2}


def compare(model, exports, target: str, report, preset: str = "default") -> None:
    octet_file, tflite_file = exports.get(model, target, "tflite", preset)
    data = tflite_file.read_bytes()
    graph = tflite_graph.parse(data)
    inexact = graph.behind_float()
    interpreter = reference_interpreter(data, preserve_all=True)
    # Paddings that TFLite's convolutions cannot express are operators of their own in the exported file.
    added = {tensor for tensor in graph.computed() if graph.names[tensor].endswith("/padded")}
    compared = steps = elements = 0
    for values in model.evaluation_inputs()[: INPUTS[target]]:
        run_once(interpreter, [values])
        kept = octet_cli.run(octet_file, {model.input[0]: values}, keep_all=True)
        for tensor in graph.computed():
            if tensor in added:
                continue
            actual, expected = kept[graph.names[tensor]].values, interpreter.get_tensor(tensor)
            assert actual.dtype == expected.dtype, graph.names[tensor]
            assert actual.shape == expected.shape, graph.names[tensor]
            if tensor not in inexact:
                differing = int(np.count_nonzero(actual != expected))
                assert differing == 0, f"{graph.names[tensor]}: {differing} of {actual.size} elements differ"
                compared += actual.size
            elif actual.dtype in (np.int8, np.int16):
                steps += int(np.count_nonzero(actual != expected))
                elements += actual.size
    assert compared > 0
    report("exact_elements", compared)
    report("behind_float_elements", elements)
    report("behind_float_differing", steps)
    print(f"{model.name} {target}: {compared} elements equal; behind floats {steps} of {elements} differ")


@pytest.mark.parametrize("preset", ["default", "int16", "mixed", "int4", "int16_int4"])
def test_whole_network_is_equal(model, exports, preset, record_property):
    compare(model, exports, "tflite", record_property, preset)


@pytest.mark.parametrize("target", ["gen1", "gen2"])
def test_equal_up_to_the_first_float_operator(model, exports, target, record_property):
    compare(model, exports, target, record_property)


def test_export_reads_back_to_the_same_results(model, exports):
    """Octet runs its own export as it runs the .octet file."""
    octet_file, tflite_file = exports.get(model, "tflite", "tflite")
    inputs = {model.input[0]: model.evaluation_inputs()[0]}
    graph = tflite_graph.parse(tflite_file.read_bytes())
    original, read_back = octet_cli.run(octet_file, inputs), octet_cli.run(tflite_file, inputs)
    for tensor in graph.outputs:
        name = graph.names[tensor]
        assert np.array_equal(original[name].values, read_back[name].values), name


def compare_imported(path: pathlib.Path, model, report) -> None:
    """The file, run by Octet as it is, on every tensor that Octet's rewrites leave."""
    data = path.read_bytes()
    graph = tflite_graph.parse(data)
    inexact = graph.behind_float()
    interpreter = reference_interpreter(data, preserve_all=True)
    (name,) = [graph.names[tensor] for tensor in graph.inputs]
    (detail,) = interpreter.get_input_details()
    compared = 0
    for values in model.evaluation_inputs()[:2]:
        if detail["dtype"] == np.int8:
            scale, zero = detail["quantization"]
            values = np.clip(np.round(values / scale) + zero, -128, 127).astype(np.int8)
        run_once(interpreter, [values])
        kept = octet_cli.run(path, {name: values}, keep_all=True)
        for tensor in graph.computed():
            if tensor in inexact or graph.names[tensor] not in kept:
                continue
            actual, expected = kept[graph.names[tensor]].values, interpreter.get_tensor(tensor)
            assert actual.dtype == expected.dtype, graph.names[tensor]
            differing = int(np.count_nonzero(actual != expected))
            assert differing == 0, f"{graph.names[tensor]}: {differing} of {actual.size} elements differ"
            compared += actual.size
    assert compared > 0
    report("exact_elements", compared)
    print(f"{path.name} of {model.name}: {compared} elements equal")


def test_imported_model_is_equal(model, record_property):
    """What another tool quantized."""
    compare_imported(peers.static_int8(model), model, record_property)


@pytest.mark.parametrize("name", ["fashion", "selfie"])
def test_imported_16x8_is_equal(name, exports, record_property):
    """What Octet exported with INT16 activations."""
    _, path = exports.get(MODELS[name], "tflite", "tflite", "int16")
    compare_imported(path, MODELS[name], record_property)

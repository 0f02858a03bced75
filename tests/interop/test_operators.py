"""Every operator alone through the whole pipeline, in INT8 and 16x8 and both arithmetics: `tflite` against TFLite's reference kernels,
`sima` against the NumPy oracle."""

from __future__ import annotations

import base64
import json
import subprocess

import numpy as np
import pytest

import octet_file
import sima
import tflite_graph
from int16_cases import WITHOUT_INT16
from models import REPOSITORY, WORK
from operator_graphs import operator_graphs
from tflite_builder import reference_interpreter, run_once

GRAPHS = {graph.name: graph for graph in operator_graphs()}
# No INT8 kernel in TFLite: stays in float there, and is judged on the accelerator's target.
_WITHOUT_INT8 = {"DIV", "POW", "SQRT", "SQUARE"}
_NORMS = {"LAYER_NORM", "INSTANCE_NORM", "RMS_NORM"}  # Judged on the target that runs them as a whole.
FLOAT_IN_TFLITE = {"int8": _WITHOUT_INT8 | _NORMS, "int16": WITHOUT_INT16 | _WITHOUT_INT8 | _NORMS}
_COMPARISONS = ("EQUAL/", "NOT_EQUAL/", "LESS/", "LESS_EQUAL/", "GREATER/", "GREATER_EQUAL/")
_WITHOUT_INT16_IN_OCTET = ("L2_NORMALIZATION/", "LOG_SOFTMAX/", "SQUARED_DIFFERENCE/", *_COMPARISONS)
# No INT16 kernel in Octet, or none in TFLite and a shape that the accelerator does not run.
FLOAT_EVERYWHERE = {
    "int8": set(),
    "int16": {
        *(name for name in GRAPHS if name.startswith(_WITHOUT_INT16_IN_OCTET)),
        *(name for name in GRAPHS if name.startswith("GELU/") and name.endswith("_approximate")),
        *("PRELU/full", "PRELU/shared", "ARG_MAX/rows", "ARG_MAX/negative", "ARG_MAX/ties"),
    },
}


def _decode(tensor: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(tensor["data"]), tensor["dtype"]).reshape(tensor["shape"])


def _jobs(precision: str, requantization: str) -> list[dict]:
    def encode(sample, names):
        return {
            name: {
                "dtype": "float32",
                "shape": list(values.shape),
                "data": base64.b64encode(values.tobytes()).decode(),
            }
            for name, values in zip(names, sample, strict=True)
        }

    jobs = []
    for graph in GRAPHS.values():
        samples = [encode(sample, graph.inputs) for sample in graph.samples]
        in_float = graph.name.split("/")[0] in FLOAT_IN_TFLITE[precision]
        jobs.append(
            {
                "name": graph.name,
                "model": base64.b64encode(graph.model).decode(),
                "target": "gen1" if requantization == "sima" and in_float else "tflite",
                "precision": precision,
                "requantization": requantization,
                "calibration": samples,
                "inputs": samples[:2],
            }
        )
    return jobs


@pytest.fixture(
    scope="module",
    params=[(precision, rule) for precision in ("int8", "int16") for rule in ("tflite", "sima")],
    ids="-".join,
)
def results(request) -> tuple[str, str, dict[str, dict]]:
    WORK.mkdir(parents=True, exist_ok=True)
    precision, requantization = request.param
    kind = f"{precision}_{requantization}"
    jobs, out = WORK / f"jobs_{kind}.json", WORK / f"results_{kind}.json"
    jobs.write_text(json.dumps(_jobs(precision, requantization)))
    driver = REPOSITORY / "tests" / "interop" / "driver.mjs"
    subprocess.run(["node", str(driver), str(jobs), str(out)], check=True)
    by_name = {result["name"]: result for result in json.loads(out.read_text())}
    return precision, requantization, by_name


def _runs(name: str, result: dict):
    """What each run kept, with what went in."""
    graph = GRAPHS[name]
    for sample, run in zip(graph.samples, result["runs"], strict=False):
        yield dict(zip(graph.inputs, sample, strict=True)) | {
            tensor: _decode(values) for tensor, values in run.items()
        }


def _check_tflite(name: str, result: dict, precision: str) -> None:
    operator = name.split("/")[0]
    data = base64.b64decode(result["tflite"])
    # Judged apart: LiteRT has no right reference kernel of these, and its optimized QUANTIZE differs.
    if operator in ("SUM", "ELU"):
        data = tflite_graph.only_operator(data, operator)
    graph = tflite_graph.parse(data)
    inexact = graph.behind_float()
    interpreter = reference_interpreter(data, preserve_all=True)
    integers = 0
    for kept in _runs(name, result):
        run_once(interpreter, [kept[graph.names[tensor]] for tensor in graph.inputs])
        for tensor in graph.computed():
            if tensor in inexact:
                continue
            actual, expected = kept[graph.names[tensor]], interpreter.get_tensor(tensor)
            assert actual.dtype == expected.dtype, graph.names[tensor]
            differing = np.flatnonzero(actual.ravel() != expected.ravel())
            assert differing.size == 0, (
                f"{graph.names[tensor]}: {differing.size} of {expected.size} differ, first at {differing[0]}: "
                f"{actual.ravel()[differing[0]]} for {expected.ravel()[differing[0]]}"
            )
            integers += 1
    assert integers > 0 or operator in FLOAT_IN_TFLITE[precision], "nothing was quantized"


def _check_sima(name: str, result: dict, precision: str) -> None:
    graph = octet_file.QuantizedGraph(result["nodes"], base64.b64decode(result["octet"]))
    integers = 0
    for kept in _runs(name, result):
        integers += sima.check(graph, kept)
    assert integers > 0 or name in FLOAT_EVERYWHERE[precision], "nothing was quantized"


@pytest.mark.parametrize("name", GRAPHS)
def test_operator(name, results):
    precision, requantization, by_name = results
    result = by_name[name]
    assert "error" not in result, result.get("error")
    if requantization == "tflite":
        _check_tflite(name, result, precision)
    else:
        _check_sima(name, result, precision)

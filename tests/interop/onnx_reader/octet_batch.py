"""Runs many .onnx models in float through Octet's library, in one process of Node."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import tempfile

import ml_dtypes
import numpy as np

_RUNNER = pathlib.Path(__file__).parent / "batch.mjs"
_SECONDS = 900  # For all models; the nodes' take about a minute.

# Floats of other widths are float32 for Octet.
_FLOATS = (np.float16, np.float64, ml_dtypes.bfloat16)


@dataclasses.dataclass(frozen=True)
class Job:
    """A model's file and what it is run on, by input, in the file's order of axes."""

    name: str
    model: pathlib.Path
    inputs: dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Ran:
    """The outputs by name in the file's order of axes, or the error in their place."""

    outputs: dict[str, np.ndarray]
    transposes: int = 0
    error: str = ""


def _described(values: np.ndarray, offset: int) -> tuple[dict, bytes]:
    stored = values.astype(np.float32) if values.dtype in _FLOATS else values
    contents = stored.tobytes()
    entry = {
        "dtype": str(stored.dtype),
        "shape": list(stored.shape),
        "offset": offset,
        "bytes": len(contents),
    }
    return entry, contents


def _written(values: dict, contents: bytes) -> np.ndarray:
    part = contents[values["offset"] : values["offset"] + values["bytes"]]
    stored = np.frombuffer(part, values["dtype"]).reshape(values["shape"])
    return stored.transpose(np.argsort(values["axes"])) if values["axes"] else stored


def run(jobs: list[Job]) -> dict[str, Ran]:
    """What each job gave, by its name."""
    with tempfile.TemporaryDirectory() as folder:
        jobs_path, inputs_path, results_path, outputs_path = (
            pathlib.Path(folder) / name for name in ("jobs.json", "inputs.bin", "results.json", "outputs.bin")
        )
        entries = []
        with inputs_path.open("wb") as file:
            for job in jobs:
                inputs = {}
                for name, values in job.inputs.items():
                    inputs[name], contents = _described(values, file.tell())
                    file.write(contents)
                entries.append({"name": job.name, "model": str(job.model), "inputs": inputs})
        jobs_path.write_text(json.dumps(entries))
        paths = (jobs_path, inputs_path, results_path, outputs_path)
        subprocess.run(["node", str(_RUNNER), *map(str, paths)], check=True, timeout=_SECONDS)
        contents = outputs_path.read_bytes()
        results = json.loads(results_path.read_text())
    ran = {}
    for result in results:
        if "error" in result:
            ran[result["name"]] = Ran({}, error=result["error"])
        else:
            outputs = {values["name"]: _written(values, contents) for values in result["outputs"]}
            ran[result["name"]] = Ran(outputs, result["transposes"])
    return ran

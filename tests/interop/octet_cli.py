"""Runs the `octet` command and reads what it writes."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import subprocess
import tempfile

import numpy as np

from models import REPOSITORY, Model

_COMMAND = ["node", str(REPOSITORY / "bindings" / "cli" / "dist" / "main.js")]


@dataclasses.dataclass(frozen=True)
class Kept:
    """A tensor as `octet run` wrote it; scale and zero point are None for reals."""

    values: np.ndarray
    scale: float | None
    zero_point: int | None


def octet(*arguments) -> str:
    result = subprocess.run([*_COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise RuntimeError(
            f"octet {' '.join(map(str, arguments))} exited with {result.returncode}:\n{result.stderr}"
        )
    return result.stdout


def quantize(model: Model, outputs, *options) -> None:
    octet(
        "quantize",
        model.path,
        "--calibration",
        model.calibration_folder(),
        "--mean",
        model.mean,
        "--std",
        model.std,
        "--quiet",
        "--preset",
        "default",
        *[argument for output in outputs for argument in ("--output", output)],
        *options,
    )


def run(file: pathlib.Path, inputs: dict[str, np.ndarray], *, keep_all: bool = False) -> dict[str, Kept]:
    """The tensors of one run by name, in the order in which they are computed."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = []
        for index, (name, values) in enumerate(inputs.items()):
            path = pathlib.Path(folder) / f"input_{index}.npy"
            np.save(path, values)
            arguments += ["--input", f"{name}={path}"]
        out = pathlib.Path(folder) / "out"
        octet("run", file, *arguments, "--output-dir", out, *(["--keep", "all"] if keep_all else []))
        kept = {}
        for entry in json.loads((out / "tensors.json").read_text()):
            values = np.load(out / entry["file"])
            assert str(values.dtype) == entry["dtype"], entry
            kept[entry["name"]] = Kept(values, entry.get("scale"), entry.get("zero_point"))
        return kept

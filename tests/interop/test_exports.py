"""Every net with every preset for every target as an application gets it: the exported file loads in stock LiteRT, runs,
and gives what `octet run` gives."""

from __future__ import annotations

import base64
import json
import os
import subprocess

import numpy as np
import pytest

from models import REPOSITORY, WORK
from stock import Refused, StockLiteRT
from zoo import Net, nets

NETS = nets()
_INT8 = ("default", "recommended", "int16")
PRESETS = {"gen1": _INT8, "gen2": (*_INT8, "bfloat16"), "tflite": _INT8}
# Exact equality is judged elsewhere, with the reference kernels. Here LiteRT computes as applications have it, whose
# rescaling differs by a step a layer, and shifts (`sima`) and BF16 are written as what TFLite has: root mean square of the
# difference, as a share of the range of the output's values.
TOLERANCE = {"default": 0.02, "recommended": 0.02, "bfloat16": 0.02, "int16": 0.003}
# Deep nets, where the steps of dozens of layers add up.
DEEP_TOLERANCE = {"default": 0.08, "recommended": 0.08, "bfloat16": 0.03, "int16": 0.003}
_IO_TYPES = {"default": ("float32", "int8"), "int16": ("float32", "int16")}


def variants() -> list[dict]:
    return [
        {"target": target, "preset": preset, "ioTypes": _IO_TYPES.get(preset, ("float32",))}
        for target, presets in PRESETS.items()
        for preset in presets
    ]


def _encoded(net: Net, sample: list[np.ndarray]) -> dict:
    return {
        name: {
            "dtype": str(values.dtype),
            "shape": list(values.shape),
            "data": base64.b64encode(values.tobytes()).decode(),
        }
        for name, values in zip(net.inputs, sample, strict=True)
    }


def _decoded(tensor: dict) -> np.ndarray:
    return np.frombuffer(base64.b64decode(tensor["data"]), tensor["dtype"]).reshape(tensor["shape"])


class Zoo:
    """What Octet makes of the nets, those of a kind in one process when the first of them is asked for."""

    def __init__(self):
        self._made: dict[str, dict] = {}

    def results(self, net: Net) -> list[dict]:
        if net.kind not in self._made:
            self._made[net.kind] = self._make([each for each in NETS.values() if each.kind == net.kind])
        return self._made[net.kind][net.name]

    @staticmethod
    def _make(chosen: list[Net]) -> dict:
        folder = WORK / "zoo"
        folder.mkdir(parents=True, exist_ok=True)
        jobs, out = (folder / f"{chosen[0].kind}_{what}.json" for what in ("jobs", "results"))
        described = []
        for net in chosen:
            samples = [_encoded(net, sample) for sample in net.samples()]
            described.append(
                {
                    "name": net.name,
                    "model": str(net.path()),
                    "folder": str(net.folder),
                    "calibration": samples[:-1],
                    "inputs": samples[-1:],
                    "variants": variants(),
                }
            )
        jobs.write_text(json.dumps(described))
        driver = REPOSITORY / "tests" / "interop" / "export.mjs"
        subprocess.run(["node", str(driver), str(jobs), str(out)], check=True)
        return json.loads(out.read_text())


@pytest.fixture(scope="module")
def zoo() -> Zoo:
    return Zoo()


@pytest.fixture(scope="module")
def litert():
    stock = StockLiteRT()
    yield stock
    stock.close()


def differences(expected: list[np.ndarray], actual: list[np.ndarray], tolerance: float):
    """What is wrong with the outputs of a run, a sentence each."""
    if len(actual) != len(expected):
        yield f"{len(actual)} outputs for {len(expected)}"
        return
    for position, (wanted, given) in enumerate(zip(expected, actual, strict=True)):
        if (given.dtype, given.shape) != (wanted.dtype, wanted.shape):
            kinds = [f"{values.dtype} {values.shape}" for values in (given, wanted)]
            yield f"output {position} is {' for '.join(kinds)}"
            continue
        reals, others = wanted.astype(np.float64), given.astype(np.float64)
        difference = np.sqrt(np.mean(np.square(reals - others)))
        span = np.ptp(reals) or max(1.0, float(np.abs(reals).max()))
        if not difference <= tolerance * span:
            yield f"output {position} is off by {difference / span:.4f} of its range"


@pytest.mark.parametrize("name", NETS)
def test_exports_run_in_stock_litert(name, zoo, litert):
    net = NETS[name]
    samples = net.samples()[-1:]
    tolerances = DEEP_TOLERANCE if net.kind == "real" else TOLERANCE
    problems, ran = [], 0
    for made in zoo.results(net):
        label = f"{made['target']} {made['preset']}"
        if "error" in made:
            problems.append(f"{label}: {made['error']}")
            continue
        for message in made["refused"].values():
            if "cannot be int" not in message:
                problems.append(f"{label}: {message}")
        for io_type, path in made["files"].items():
            try:
                runs = litert.run(path, samples)
            except Refused as refused:
                problems.append(f"{label} {io_type}: {refused}")
                continue
            for actual, run in zip(runs, made["runs"], strict=True):
                expected = [_decoded(tensor) for tensor in run]
                found = differences(expected, actual, tolerances[made["preset"]])
                problems += [f"{label} {io_type}: {sentence}" for sentence in found]
            ran += 1
    assert not problems, "\n".join(problems)
    assert ran >= len(variants())


def _aborts_at(path: str, samples: list) -> list:
    if path == "abort":
        os.abort()
    return samples


def test_an_abort_fails_one_file():
    stock = StockLiteRT(_aborts_at)
    with pytest.raises(Refused, match=r"ended its process with -6"):
        stock.run("abort", [])
    assert stock.run("next", [[]]) == [[]]
    stock.close()

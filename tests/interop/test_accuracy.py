"""What quantizing by the default settings costs in accuracy, beside ai-edge-quantizer's static INT8 on the same images:
a bounded part of npm run bench:accuracy. Prints the table."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

import peers
from models import MODELS, REPOSITORY, WORK, fashion_test_set
from tflite_builder import reference_interpreter

LARGEST_DROP = 0.1  # Points of top-1 on the 10,000 test images.


def _octet_outputs(file, samples: np.ndarray, shapes: list[tuple[int, ...]]) -> list[list[np.ndarray]]:
    """The outputs, of these shapes, of each sample."""
    samples_path, outputs_path = WORK / "samples.f32", WORK / "outputs.f32"
    samples_path.write_bytes(np.ascontiguousarray(samples, np.float32).tobytes())
    script = REPOSITORY / "tests" / "interop" / "evaluate.mjs"
    subprocess.run(["node", str(script), str(file), str(samples_path), str(outputs_path)], check=True)
    rows = np.fromfile(outputs_path, np.float32).reshape(len(samples), -1)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [
        [part.reshape(shape) for part, shape in zip(np.split(row, ends[:-1]), shapes, strict=True)]
        for row in rows
    ]


def _sqnr(references, actuals) -> float:
    signal = sum(float(np.sum(np.square(r, dtype=np.float64))) for r in references)
    noise = sum(
        float(np.sum(np.square(r.astype(np.float64) - a))) for r, a in zip(references, actuals, strict=True)
    )
    return float("inf") if noise == 0 else 10 * np.log10(signal / noise)


@pytest.fixture(scope="module")
def table():
    """Rows by model; printed when the last test of the file has filled them in."""
    rows: dict[str, dict] = {}
    yield rows
    print(f"\n{'model':18}{'output':30}{'gen1 sima':>11}{'tflite':>9}{'ai-edge':>9}  SQNR in dB")
    for name, row in rows.items():
        for output, values in row.get("sqnr_db", {}).items():
            gen1, tflite, peer = (values[key] for key in ("gen1_sima", "tflite", "ai_edge_quantizer"))
            print(f"{name:18}{output:30}{gen1:11.2f}{tflite:9.2f}{peer:9.2f}")
    if "fashion" in rows:
        print("fashion top-1, %:", rows["fashion"]["top1_percent"])


def test_sqnr_of_every_output(model, exports, table):
    inputs = model.evaluation_inputs()
    reference = peers.interpreter_of(peers.plain_file(model).read_bytes())
    exact = [peers.real_outputs(reference, values) for values in inputs]
    names = list(exact[0])
    shapes = [exact[0][name].shape for name in names]
    peer = peers.interpreter_of(peers.static_int8(model).read_bytes())
    octet_file, _ = exports.get(model, "gen1", "sima")
    _, tflite_file = exports.get(model, "tflite", "tflite")
    exported = reference_interpreter(tflite_file.read_bytes())
    outputs = {
        "gen1_sima": _octet_outputs(octet_file, np.concatenate(inputs), shapes),
        "tflite": [list(peers.real_outputs(exported, values).values()) for values in inputs],
        # Its signature may list the outputs in another order, under names of its own.
        "ai_edge_quantizer": [list(peers.real_outputs(peer, values).values()) for values in inputs],
    }
    row = table.setdefault(model.name, {})
    row["sqnr_db"] = {
        name: {
            tool: round(_sqnr([sample[name] for sample in exact], [sample[index] for sample in samples]), 2)
            for tool, samples in outputs.items()
        }
        for index, name in enumerate(names)
    }
    assert all(np.isfinite(value) for values in row["sqnr_db"].values() for value in values.values())


@pytest.mark.parametrize("tool", ["gen1_sima", "tflite"])
def test_median_over_all_outputs_is_at_least_the_peer_s(table, tool):
    measured = [values for row in table.values() for values in row.get("sqnr_db", {}).values()]
    if len(table) < len(MODELS):
        pytest.skip("Only some of the models were chosen.")
    assert np.median([values[tool] - values["ai_edge_quantizer"] for values in measured]) >= 0


def test_fashion_top1(exports, table):
    model = MODELS["fashion"]
    images, labels = fashion_test_set()

    def top1(scores) -> float:
        return 100 * float(np.mean(np.argmax(np.asarray(scores).reshape(len(labels), -1), axis=1) == labels))

    def by_octet(file) -> float:
        return top1([sample[0] for sample in _octet_outputs(file, images, [(1, 10)])])

    def by_interpreter(interpreter) -> float:
        return top1(
            [next(iter(peers.real_outputs(interpreter, image[np.newaxis]).values())) for image in images]
        )

    results = {
        "float": by_octet(model.path),
        "gen1_sima": by_octet(exports.get(model, "gen1", "sima")[0]),
        "tflite": by_interpreter(
            peers.interpreter_of(exports.get(model, "tflite", "tflite")[1].read_bytes())
        ),
        "ai_edge_quantizer": by_interpreter(peers.interpreter_of(peers.static_int8(model).read_bytes())),
    }
    table.setdefault("fashion", {})["top1_percent"] = {
        tool: round(value, 2) for tool, value in results.items()
    }
    assert results["float"] - results["gen1_sima"] <= LARGEST_DROP
    assert results["float"] - results["tflite"] <= LARGEST_DROP

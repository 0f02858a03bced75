"""What npm run bench:accuracy needs of Python: the images of each model, what the float model makes of them, and what
ai-edge-quantizer's and ONNX Runtime's quantized models do.

usage: python accuracy_peers.py MODEL TOOL...    writes build/accuracy/<model>/; what is there already, by the hash of all
that goes into it, is not made again"""

from __future__ import annotations

import hashlib
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable

import numpy as np

_HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE / "accuracy"), str(_HERE.parent / "interop")]

import nets
import peers
from models import REPOSITORY, Model, fashion_test_set

FOLDER = REPOSITORY / "build" / "accuracy"
# tf2onnx wants a TensorFlow that the other judges cannot be installed beside.
CONVERTER = REPOSITORY / "build" / "venv-onnx" / "bin" / "python"

Outputs = dict[str, np.ndarray]
Runner = Callable[[np.ndarray], Outputs]


def float_runner(model: Model, _samples: np.ndarray) -> Runner:
    interpreter = peers.interpreter_of(peers.plain_file(model).read_bytes())
    return lambda values: peers.real_outputs(interpreter, values)


def ai_edge(recipe_name: str):
    def runner(model: Model, samples: np.ndarray) -> Runner:
        from ai_edge_quantizer import quantizer, recipe

        tool = quantizer.Quantizer(str(peers.plain_file(model)), getattr(recipe, recipe_name)())
        named = [{model.input[0]: sample[np.newaxis]} for sample in samples]
        result = tool.quantize(tool.calibrate({"serving_default": named}))
        interpreter = peers.interpreter_of(bytes(result.quantized_model))
        # It gives outputs names of its own, in the order of the model's.
        names = [
            detail["name"]
            for detail in peers.interpreter_of(peers.plain_file(model).read_bytes()).get_output_details()
        ]
        return lambda values: dict(zip(names, peers.real_outputs(interpreter, values).values(), strict=True))

    return runner


def _spell_out_gelu(path: pathlib.Path) -> None:
    """Replaces TFLite's GELU, which tf2onnx leaves as it is, by what it means: half of x times 1 + erf(x / sqrt(2))."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(path)
    nodes = []
    for node in model.graph.node:
        if node.op_type != "TFL_GELU":
            nodes.append(node)
            continue
        if any(attribute.name == "approximate" and attribute.i for attribute in node.attribute):
            raise ValueError(f"{node.name} approximates GELU, which is not spelt out.")
        (x,), (result,) = node.input, node.output
        factors = {"root": np.sqrt(2), "one": 1, "half": 0.5}
        names = {name: f"{result}_{name}" for name in (*factors, "scaled", "erf", "raised", "doubled")}
        for name, value in factors.items():
            model.graph.initializer.append(numpy_helper.from_array(np.float32(value), names[name]))
        for kind, inputs, output in (
            ("Div", [x, names["root"]], names["scaled"]),
            ("Erf", [names["scaled"]], names["erf"]),
            ("Add", [names["erf"], names["one"]], names["raised"]),
            ("Mul", [x, names["raised"]], names["doubled"]),
            ("Mul", [names["doubled"], names["half"]], result),
        ):
            nodes.append(helper.make_node(kind, inputs, [output]))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, path)


def onnx_file(model: Model) -> pathlib.Path:
    """The model as ONNX, prepared for quantization as ONNX Runtime's documentation says."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    plain = peers.plain_file(model)
    converted = FOLDER / model.name / f"{_hash(plain.read_bytes())}.onnx"
    if not converted.exists():
        raw = converted.with_suffix(".raw.onnx")
        command = [CONVERTER, "-m", "tf2onnx.convert", "--tflite", plain, "--output", raw, "--opset", "17"]
        subprocess.run(list(map(str, command)), check=True, capture_output=True)
        _spell_out_gelu(raw)
        quant_pre_process(str(raw), str(converted), skip_symbolic_shape=True)
    return converted


def onnx_runtime(method: str):
    def runner(model: Model, samples: np.ndarray) -> Runner:
        import onnxruntime
        from onnxruntime import quantization

        source = onnx_file(model)
        session = onnxruntime.InferenceSession(str(source), providers=["CPUExecutionProvider"])
        (given,) = session.get_inputs()

        class Reader(quantization.CalibrationDataReader):
            def __init__(self):
                self._samples = iter(samples)

            def get_next(self):
                sample = next(self._samples, None)
                return None if sample is None else {given.name: sample[np.newaxis]}

        target = source.with_suffix(f".{method}.onnx")
        quantization.quantize_static(
            str(source),
            str(target),
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            per_channel=True,
            activation_type=quantization.QuantType.QInt8,
            weight_type=quantization.QuantType.QInt8,
            calibrate_method=getattr(quantization.CalibrationMethod, method),
        )
        # As the file says, its QDQ pairs around float operators: fused into integer kernels, per-channel weights gave
        # unrelated results here (-20 dB, onnxruntime 1.32), which would flatter everybody else.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        quantized = onnxruntime.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
        names = [output.name for output in quantized.get_outputs()]
        return lambda values: dict(zip(names, quantized.run(names, {given.name: values}), strict=True))

    return runner


TOOLS: dict[str, Callable[[Model, np.ndarray], Runner]] = {
    "float": float_runner,
    "ai_edge_int8": ai_edge("static_wi8_ai8"),
    "ai_edge_16x8": ai_edge("static_wi8_ai16"),
    "ort_min_max": onnx_runtime("MinMax"),
    "ort_entropy": onnx_runtime("Entropy"),
    "ort_percentile": onnx_runtime("Percentile"),
}


def _hash(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()[:16]


def _rows(runner: Runner, images: np.ndarray, names: list[str]) -> np.ndarray:
    """One row an image: its outputs, in the model's order."""
    return np.stack(
        [
            np.concatenate([outputs[name].ravel() for name in names])
            for outputs in (runner(image[np.newaxis]) for image in images)
        ]
    ).astype(np.float32)


# Channels whose ranges differ by more are parts of an output, to be looked at one by one: noise that is nothing beside the
# largest may drown the smallest.
_RANGES_OF_A_PART = 16
# Channels beyond this below the largest count as always 0.
_RANGES_OF_AN_OUTPUT = 2**16


def _parts(values: np.ndarray) -> list[dict]:
    """Of an output [images, ..., channels], the channels that have similar ranges, from the largest range to the least; none
    where all have, and of probabilities, which mean something only together."""
    channels = values.reshape(-1, values.shape[-1])
    if channels.shape[1] == 1 or np.allclose(channels.sum(axis=1), 1, atol=1e-3):
        return []
    ranges = np.abs(channels).max(axis=0)
    least = ranges.max() / _RANGES_OF_AN_OUTPUT
    parts: list[dict] = []
    for channel in np.argsort(-ranges, kind="stable"):
        if not parts or least <= ranges[channel] < parts[-1]["largest"] / _RANGES_OF_A_PART:
            parts.append({"largest": float(ranges[channel]), "channels": []})
        parts[-1]["channels"].append(int(channel))
    return parts if len(parts) > 1 else []


def _outputs(details: list[dict], rows: np.ndarray) -> list[dict]:
    """What is known of each output; `rows` is the float model's evaluation."""
    ends = np.cumsum([np.prod(detail["shape"]) for detail in details])
    return [
        {
            "name": detail["name"],
            "elements": values.shape[1],
            "channels": int(detail["shape"][-1]),
            "parts": _parts(values.reshape(len(rows), -1, detail["shape"][-1])),
        }
        for detail, values in zip(details, np.split(rows, ends[:-1], axis=1), strict=True)
    ]


def prepare(model: Model, tools: list[str]) -> None:
    folder = FOLDER / model.name
    folder.mkdir(parents=True, exist_ok=True)
    plain = peers.plain_file(model).read_bytes()
    (folder / "float.tflite").write_bytes(plain)
    calibration, evaluation = nets.inputs(model)
    sets = {"evaluation": evaluation}
    if model.grey:
        sets["test"], labels = fashion_test_set()
        (folder / "labels.u8").write_bytes(labels.tobytes())
    (folder / "calibration.f32").write_bytes(calibration.tobytes())
    for name, images in sets.items():
        (folder / f"{name}.f32").write_bytes(images.tobytes())

    details = peers.interpreter_of(plain).get_output_details()
    names = [detail["name"] for detail in details]
    results = {}
    script = pathlib.Path(__file__).read_bytes()
    for tool in ["float", *tools]:
        files = {
            name: f"{tool}-{_hash(plain, calibration.tobytes(), images.tobytes(), script)}.f32"
            for name, images in sets.items()
        }
        results[tool] = files
        if all((folder / file).exists() for file in files.values()):
            continue
        print(f"{model.name}: {tool}", file=sys.stderr, flush=True)
        runner = TOOLS[tool](model, calibration)
        for name, images in sets.items():
            (folder / files[name]).write_bytes(_rows(runner, images, names).tobytes())
    reference = np.fromfile(folder / results["float"]["evaluation"], np.float32).reshape(len(evaluation), -1)
    description = {"outputs": _outputs(details, reference), "results": results}
    (folder / "description.json").write_text(json.dumps(description))


if __name__ == "__main__":
    chosen, *chosen_tools = sys.argv[1:]
    prepare(nets.named(chosen), chosen_tools)

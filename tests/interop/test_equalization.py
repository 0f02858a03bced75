"""Channel equalization on a model made hard on purpose: its channels rescaled by up to 2^±4 between layers, which leaves
the float result as it is and takes most of the resolution from weights and activations of one scale a tensor."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np

from models import MODELS, REPOSITORY, WORK, Model, fashion_test_set
from octet_cli import quantize
from tflite_builder import reference_interpreter, run_once

PER_TENSOR = {"weights": {"asymmetric": False, "perChannel": False, "bits": 8, "bfloat16": False}}
MOST_LOST = 0.2  # Points of top-1.


def _top1(file, images: np.ndarray, labels: np.ndarray) -> float:
    samples, outputs = WORK / "hard.samples.f32", WORK / "hard.outputs.f32"
    images.tofile(samples)
    script = REPOSITORY / "tests" / "interop" / "evaluate.mjs"
    subprocess.run(["node", str(script), str(file), str(samples), str(outputs)], check=True)
    scores = np.fromfile(outputs, np.float32).reshape(len(labels), -1)
    return 100 * float(np.mean(scores.argmax(axis=1) == labels))


def test_equalization_restores_what_rescaled_channels_cost():
    easy = MODELS["fashion"]
    hard = Model("hard", WORK / "hard.tflite", easy.mean, easy.std, grey=True)
    script = REPOSITORY / "tests" / "bench" / "accuracy" / "rescale_channels.py"
    WORK.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, str(script), str(easy.path), str(hard.path)], check=True)
    images, labels = fashion_test_set()
    one = images[:1]
    outputs = [run_once(reference_interpreter(model.path.read_bytes()), [one])[0] for model in (easy, hard)]
    assert np.array_equal(*outputs)

    config = WORK / "per_tensor.json"
    config.write_text(json.dumps(PER_TENSOR))
    plain, equalized = WORK / "hard.octet", WORK / "hard.equalized.octet"
    quantize(hard, [plain], "--config", config)
    quantize(hard, [equalized], "--config", config, "--channel-equalization")
    exact = _top1(easy.path, images, labels)
    assert _top1(plain, images[:2000], labels[:2000]) < exact - 30
    assert _top1(equalized, images, labels) > exact - MOST_LOST

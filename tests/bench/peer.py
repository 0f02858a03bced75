"""What the benchmark needs of Python: inputs for every model, and ai-edge-quantizer's time.

usage: python peer.py prepare             writes build/bench/<model>/{float.tflite, input.f32, samples.f32}
       python peer.py quantize MODEL      prints the seconds that calibrating on samples.f32 and quantizing take"""

from __future__ import annotations

import pathlib
import sys
import time

import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import peers
from models import MODELS, REPOSITORY

FOLDER = REPOSITORY / "build" / "bench"
SAMPLES = 100


def prepare() -> None:
    for model in MODELS.values():
        folder = FOLDER / model.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "float.tflite").write_bytes(peers.plain_file(model).read_bytes())
        (folder / "input.f32").write_bytes(model.evaluation_inputs()[0].tobytes())
        tensors = [model.tensor(picture) for picture in model.images()[0]]
        # Fewer pictures than samples: mirrored, and shifted by a few pixels, they are other samples.
        samples = []
        for index in range(SAMPLES):
            tensor = np.roll(
                tensors[index % len(tensors)], index // len(tensors), axis=2
            )
            samples.append(tensor[:, :, ::-1] if index % 2 else tensor)
        (folder / "samples.f32").write_bytes(
            np.concatenate(samples).astype(np.float32).tobytes()
        )


def quantize(name: str) -> None:
    from ai_edge_quantizer import quantizer, recipe

    input_name, shape = MODELS[name].input
    samples = np.fromfile(FOLDER / name / "samples.f32", np.float32).reshape(
        SAMPLES, *shape
    )
    start = time.perf_counter()
    tool = quantizer.Quantizer(
        str(FOLDER / name / "float.tflite"), recipe.static_wi8_ai8()
    )
    statistics = tool.calibrate(
        {"serving_default": [{input_name: sample} for sample in samples]}
    )
    tool.quantize(statistics).export_model(
        str(FOLDER / name / "peer.tflite"), overwrite=True
    )
    print("seconds", time.perf_counter() - start)


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        prepare()
    else:
        quantize(sys.argv[2])

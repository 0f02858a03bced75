"""Writes what the benchmark runs on into build/bench: <model>/float.tflite (and .onnx where there is one), an input, and
folders of pictures for calibration.

usage: python prepare.py"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interop"))

import peers
from models import MODELS, REPOSITORY, zipped

FOLDER = REPOSITORY / "build" / "bench"
IMAGES = 100
# The full-size net, and a narrow one, to see how time grows with the net.
WIDTHS = {"mobilenet": 1.0, "mobilenet_small": 0.25}


def real_models() -> None:
    for model in MODELS.values():
        folder = FOLDER / model.name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "float.tflite").write_bytes(peers.plain_file(model).read_bytes())
        (folder / "input.f32").write_bytes(model.evaluation_inputs()[0].tobytes())
        pictures = folder / "images"
        pictures.mkdir(exist_ok=True)
        for index, picture in enumerate(model.images()[0][:16]):
            picture.save(pictures / f"{index:03}.png")


def mobilenets() -> None:
    pictures = FOLDER / "images224"
    pictures.mkdir(parents=True, exist_ok=True)
    photos = [
        photo.convert("RGB") for photo in zipped(REPOSITORY / "tests" / "assets" / "photos.zip")
    ]
    random = np.random.default_rng(3)
    for index in range(IMAGES):
        photo = photos[index % len(photos)]
        side = int(min(photo.size) * random.uniform(0.5, 1))
        left = int(random.integers(photo.width - side + 1))
        top = int(random.integers(photo.height - side + 1))
        crop = photo.crop((left, top, left + side, top + side))
        crop.resize((224, 224), Image.Resampling.BILINEAR).save(pictures / f"{index:03}.png")
    first = np.asarray(Image.open(pictures / "000.png"), np.float32)
    for name, width in WIDTHS.items():
        folder = FOLDER / name
        folder.mkdir(exist_ok=True)
        if not (folder / "float.onnx").exists():
            subprocess.run(
                [sys.executable, str(HERE / "mobilenet.py"), str(width), str(folder / "float")], check=True
            )
        (folder / "input.f32").write_bytes(((first - 127.5) / 127.5).tobytes())


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    real_models()
    mobilenets()

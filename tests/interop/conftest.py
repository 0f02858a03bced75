"""What several test files share: each model exported once a session."""

from __future__ import annotations

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import octet_cli
from models import MODELS, WORK, Model


@pytest.fixture(params=list(MODELS))
def model(request) -> Model:
    return MODELS[request.param]


PRESETS = {
    "default": ("--preset", "default"),
    "int16": ("--preset", "int16"),
    "mixed": ("--preset", "default", "--int16-share", "0.1"),
    "bfloat16": ("--preset", "bfloat16"),
    "int4": ("--preset", "default", "--weight-bits", "4"),
    "int16_int4": ("--preset", "int16", "--weight-bits", "4"),
}


class Exports:
    """Quantized files of a model by target, requantization and a name of PRESETS, made when first asked for."""

    def __init__(self):
        self._made: set[pathlib.Path] = set()

    def get(
        self, model: Model, target: str, requantization: str, preset: str = "default"
    ) -> tuple[pathlib.Path, pathlib.Path | None]:
        """The .octet and the .tflite file; `sima` arithmetic has no .tflite."""
        folder = WORK / model.name
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{target}_{requantization}_{preset}"
        octet_file = folder / f"{stem}.octet"
        tflite_file = folder / f"{stem}.tflite" if requantization == "tflite" else None
        if octet_file not in self._made:
            outputs = [octet_file] if tflite_file is None else [octet_file, tflite_file]
            settings = ("--target", target, "--requantization", requantization, *PRESETS[preset])
            octet_cli.quantize(model, outputs, *settings)
            self._made.add(octet_file)
        return octet_file, tflite_file


@pytest.fixture(scope="session")
def exports() -> Exports:
    return Exports()

"""Reads the constants of .octet files with code that flatc generates from schemas/octet.fbs, independent of Octet's own."""

from __future__ import annotations

import functools
import importlib
import subprocess
import sys

import numpy as np

from models import REPOSITORY, WORK

_DTYPES = {0: "float32", 3: "int8", 4: "uint8", 5: "int16", 6: "int32", 7: "int64", 8: "bool"}


@functools.cache
def _generated() -> None:
    folder = WORK / "schema"
    folder.mkdir(parents=True, exist_ok=True)
    schema = REPOSITORY / "schemas" / "octet.fbs"
    subprocess.run(["flatc", "--python", "--gen-object-api", "-o", str(folder), str(schema)], check=True)
    sys.path.insert(0, str(folder))


def schema_module(name: str):
    """The generated module of a table, struct or enumeration."""
    _generated()
    return importlib.import_module(f"octet.formats.octet_file.schema.{name}")


class QuantizedGraph:
    """Nodes as the JavaScript API and `octet inspect --json` describe them, with the tensors of the file."""

    def __init__(self, nodes: list[dict], file: bytes):
        self.nodes = nodes
        self.scales: dict[str, tuple[float, ...]] = {}
        self.zero_points: dict[str, int] = {}
        self.constants: dict[str, np.ndarray] = {}
        contents = schema_module("Model").Model.GetRootAs(file, 0)
        graph = contents.Quantized()
        for index in range(graph.TensorsLength()):
            tensor = graph.Tensors(index)
            name = tensor.Name().decode()
            quantization = tensor.Quantization()
            if quantization is not None:
                self.scales[name] = tuple(float(scale) for scale in quantization.ScaleAsNumpy())
                self.zero_points[name] = int(quantization.ZeroPoint(0))
            if tensor.Constant() >= 0:
                data = contents.Constants(tensor.Constant()).DataAsNumpy()
                shape = [tensor.Shape(axis) for axis in range(tensor.ShapeLength())]
                self.constants[name] = data.view(_DTYPES[tensor.Dtype()]).reshape(shape)

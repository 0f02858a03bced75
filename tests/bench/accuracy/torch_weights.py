"""Reads the weights of a network that torch saved before its files were archives (up to version 1.5), without torch."""

from __future__ import annotations

import collections
import dataclasses
import pathlib
import pickle
import struct

import numpy as np

_TYPES = {
    "DoubleStorage": np.float64,
    "FloatStorage": np.float32,
    "HalfStorage": np.float16,
    "IntStorage": np.int32,
    "LongStorage": np.int64,
}
# The magic number, the version of the protocol and the machine's sizes.
_LEADING_RECORDS = 3


@dataclasses.dataclass
class _Storage:
    """Memory that tensors are views of; its values come last in the file."""

    dtype: type
    values: np.ndarray | None = None


@dataclasses.dataclass
class _View:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> np.ndarray:
        values = self.storage.values[self.offset :]
        strides = [stride * values.itemsize for stride in self.strides]
        return np.lib.stride_tricks.as_strided(values, self.shape, strides).copy()


class _Unpickler(pickle.Unpickler):
    """Makes nothing but tensors: a pickle could otherwise run any code."""

    def __init__(self, file):
        super().__init__(file)
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str):
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module == "torch" and name in _TYPES:
            return _TYPES[name]
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _View(storage, offset, shape, strides)
        raise pickle.UnpicklingError(f"A file of weights has no business with {module}.{name}.")

    def persistent_load(self, identifier):
        _, dtype, key, *_ = identifier
        return self.storages.setdefault(key, _Storage(dtype))


def read(path: pathlib.Path) -> dict[str, np.ndarray]:
    """The tensors of a state dict, by name."""
    with path.open("rb") as file:
        for _ in range(_LEADING_RECORDS):
            _Unpickler(file).load()
        unpickler = _Unpickler(file)
        views = unpickler.load()
        for key in _Unpickler(file).load():
            storage = unpickler.storages[key]
            (count,) = struct.unpack("<q", file.read(8))
            data = file.read(count * np.dtype(storage.dtype).itemsize)
            storage.values = np.frombuffer(data, storage.dtype)
    return {name: view.array() for name, view in views.items()}

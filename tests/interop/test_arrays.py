"""Arrays as NumPy writes them beside what Octet reads: every type, byte order and layout, conversions bit for bit."""

from __future__ import annotations

import base64
import json
import subprocess

import numpy as np
import pytest

from models import REPOSITORY

_INTEGERS = ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"]
_REALS = ["f2", "f4", "f8"]


def _octet(*cases: dict) -> list[dict]:
    script = REPOSITORY / "tests" / "interop" / "arrays.mjs"
    ran = subprocess.run(
        ["node", str(script)], input=json.dumps(cases), capture_output=True, text=True, check=True
    )
    return json.loads(ran.stdout)


def _case(*files, shape, dtype="float32", name="x", **more) -> dict:
    return {
        "files": [str(file) for file in files],
        "inputs": [{"name": name, "dtype": dtype, "shape": shape, "constant": False}],
        **more,
    }


def _values(result: dict, dtype="float32", name="x") -> np.ndarray:
    """All samples, one behind the other."""
    assert "error" not in result, result
    tensors = [sample[name] for sample in result["samples"]]
    return np.concatenate(
        [np.frombuffer(base64.b64decode(t["data"]), dtype).reshape(t["shape"]) for t in tensors]
    )


def _any(dtype: np.dtype, shape, random) -> np.ndarray:
    """Values over all of the type's range that float32 can hold."""
    if dtype.kind == "b":
        return random.random(shape) < 0.5
    if dtype.kind in "iu":
        return np.frombuffer(random.bytes(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape)
    return (random.standard_normal(shape) * 10.0 ** random.integers(-4, 4, shape)).astype(dtype)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("endian", ["<", ">"])
def test_every_type_becomes_float32_as_numpy_makes_it(tmp_path, endian, order):
    random = np.random.default_rng(1)
    arrays = [
        np.asarray(_any(np.dtype(endian + code), (3, 4, 5, 2), random), order=order)
        for code in ["b1", *_INTEGERS, *_REALS]
    ]
    cases = []
    for index, array in enumerate(arrays):
        np.save(tmp_path / f"{index}.npy", array)
        np.savez(tmp_path / f"{index}.npz", x=array)
        np.savez_compressed(tmp_path / f"{index}_small.npz", array)
        files = [tmp_path / f"{index}{end}" for end in (".npy", ".npz", "_small.npz")]
        cases += [_case(file, shape=[1, 4, 5, 2]) for file in files]
    results = _octet(*cases)
    for index, result in enumerate(results):
        expected = arrays[index // 3].astype(np.float32)
        np.testing.assert_array_equal(_values(result).view(np.uint32), expected.view(np.uint32))


def test_halves_and_integers_of_64_bits_are_rounded_once(tmp_path):
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)]
    random = np.random.default_rng(2)
    # A middle between two float32s, or one beside it.
    heads = random.integers(2**23, 2**24, 4000).astype(np.int64) * 2 + 1
    shifts = random.integers(10, 38, heads.size)
    ties = (heads << shifts) + random.integers(-1, 2, heads.size)
    ties *= random.choice([-1, 1], heads.size)
    for name, array in {"halves": halves, "ties": ties, "unsigned": np.abs(ties).astype(np.uint64)}.items():
        np.save(tmp_path / f"{name}.npy", array)
        (result,) = _octet(_case(tmp_path / f"{name}.npy", shape=[array.size]))
        expected = array.astype(np.float32)
        np.testing.assert_array_equal(_values(result).view(np.uint32), expected.view(np.uint32))


def test_integers_keep_their_values(tmp_path):
    values = np.array([[0, 1, 100, 127]])
    cases, types = [], []
    for given in ["b1", *_INTEGERS, *_REALS]:
        array = (values != 0 if given == "b1" else values).astype(given)
        np.save(tmp_path / f"{given}.npy", array)
        for wanted in ["int8", "uint8", "int16", "int32", "int64"]:
            cases.append(_case(tmp_path / f"{given}.npy", shape=[1, 4], dtype=wanted))
            types.append((array, wanted))
    for (array, wanted), result in zip(types, _octet(*cases), strict=True):
        np.testing.assert_array_equal(_values(result, wanted), array.astype(wanted))


def test_channels_first_are_transposed_and_normalized_as_numpy_does(tmp_path):
    pixels = np.random.default_rng(3).integers(0, 256, (6, 3, 7, 5), np.uint8)
    np.save(tmp_path / "pixels.npy", pixels)
    mean, std = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
    (result,) = _octet(
        _case(tmp_path / "pixels.npy", shape=[1, 7, 5, 3], normalization={"mean": mean, "std": std})
    )
    nhwc = pixels.transpose(0, 2, 3, 1).astype(np.float32)
    expected = (nhwc - np.float32(mean)) / np.float32(std)
    np.testing.assert_array_equal(_values(result), expected)
    assert [sentence.endswith("it is taken as NCHW, and transposed.") for sentence in result["said"]] == [
        True
    ]


def test_what_is_no_tensor_is_refused_in_numpys_words(tmp_path):
    refused = {
        "complex64": np.zeros((1, 2), np.complex64),
        "object": np.array([[1, "x"]], object),
        "bytes": np.array([[b"a", b"b"]]),
        "str": np.array([["a", "b"]]),
        "datetime64": np.array([["2026-01-01", "2026-01-02"]], np.datetime64),
        "timedelta64": np.array([[1, 2]], "m8[s]"),
        "void": np.zeros((1, 2), "V2"),
        "structured": np.zeros((1, 2), [("a", np.float32), ("b", np.int8, (2,))]),
    }
    if np.dtype(np.longdouble).itemsize > 8:
        refused["longdouble"] = np.zeros((1, 2), np.longdouble)
    for name, array in refused.items():
        np.save(tmp_path / f"{name}.npy", array)
    results = _octet(*[_case(tmp_path / f"{name}.npy", shape=[1, 2]) for name in refused])
    for name, result in zip(refused, results, strict=True):
        assert f"{name}.npy' has the dtype {name}, which no tensor can hold." in result["error"]

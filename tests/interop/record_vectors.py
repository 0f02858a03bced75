"""Records tests/vectors/<operator>.json: what TFLite's reference kernels compute for each case of vector_cases.py.

Usage: python record_vectors.py [--check]    (--check compares with the files instead of writing them)
Recording again gives the same bytes."""

from __future__ import annotations

import argparse
import base64
import dataclasses
import json
import pathlib
import sys

import numpy as np

from detection_cases import detection_cases
from int4_cases import int4_cases
from int16_cases import int16_cases
from plain_cases import plain_cases
from tflite_builder import ModelBuilder, reference_interpreter, run_once
from vector_cases import Case, all_cases, random_integers

VECTORS = pathlib.Path(__file__).resolve().parent.parent / "vectors"


def build(case: Case, output_shapes=None) -> bytes:
    inputs = [tensor for tensor in case.inputs if tensor is not None and tensor.data is None]
    outputs = case.outputs
    if output_shapes is not None:
        outputs = [
            dataclasses.replace(tensor, shape=shape)
            for tensor, shape in zip(outputs, output_shapes, strict=True)
        ]
    builder = ModelBuilder()
    builder.add(case.operator, case.inputs, outputs, case.options, case.version, **case.fields)
    return builder.finish(inputs, outputs)


def feeds_of(case: Case) -> list[np.ndarray]:
    if case.feeds is not None:
        return case.feeds
    free = [tensor for tensor in case.inputs if tensor is not None and tensor.data is None]
    return [
        random_integers(f"{case.operator}/{case.name}/{i}", tensor.shape, tensor.dtype)
        for i, tensor in enumerate(free)
    ]


def describe(values: np.ndarray) -> dict:
    return {
        "dtype": str(values.dtype),
        "shape": list(values.shape),
        "data": base64.b64encode(values.tobytes()).decode(),
    }


def build_with_shapes(case: Case, feeds) -> bytes:
    """The file with its output shapes, which a first run of a file without them finds."""
    shapes = [values.shape for values in run_once(reference_interpreter(build(case)), feeds)]
    return build(case, shapes)


def record(case: Case) -> dict:
    feeds = feeds_of(case)
    model = build_with_shapes(case, feeds)
    outputs = run_once(reference_interpreter(model), feeds)
    return {
        "name": case.name,
        "model": base64.b64encode(model).decode(),
        "inputs": [describe(values) for values in feeds],
        "outputs": [describe(values) for values in outputs],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    files: dict[str, list[dict]] = {}
    for case in [*all_cases(), *int16_cases(), *int4_cases(), *plain_cases(), *detection_cases()]:
        files.setdefault(case.operator, []).append(record(case))
    stale = 0
    for operator, cases in files.items():
        names = [case["name"] for case in cases]
        if len(set(names)) != len(names):
            raise ValueError(f"{operator} has two cases of one name")
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        text = f'{{"operator":"{operator}","cases":[\n{lines}\n]}}\n'
        path = VECTORS / f"{operator.lower()}.json"
        if not check:
            VECTORS.mkdir(exist_ok=True)
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            print(f"{path.name} differs from what the reference kernels compute now")
            stale += 1
    total = sum(len(cases) for cases in files.values())
    print(f"{total} cases of {len(files)} operators {'checked' if check else 'recorded'}")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())

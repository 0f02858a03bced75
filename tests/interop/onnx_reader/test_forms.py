"""Hand-made models in old and rare forms: Octet computes in float what ONNX Runtime does."""

from __future__ import annotations

import collections

import numpy as np
import octet_batch
import onnx
import onnxruntime
import pytest
from expected_failures import marked
from forms import Form, all_forms
from octet_batch import Job
from onnx.reference import ReferenceEvaluator

_TOLERANCE = 1e-4  # Of the range of the output.
_ROUNDING = 1e-6  # Of its largest value, for outputs that are nearly constant.

_FORMS = {f"form/{form.name}": form for form in all_forms()}


def _by_onnxruntime(source, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    return session.run(None, inputs)


def _reference(path, form: Form) -> list[np.ndarray]:
    if form.by_definition:
        return ReferenceEvaluator(form.model).run(None, form.inputs)
    source = str(path) if form.newer is None else form.newer.SerializeToString()
    return _by_onnxruntime(source, form.inputs)


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    paths = {}
    for at, form in enumerate(_FORMS.values()):
        path = folder / f"{at}.onnx"
        model = onnx.ModelProto()
        model.CopyFrom(form.model)
        settings = {"save_as_external_data": True, "location": f"{at}.data", "size_threshold": 0}
        onnx.save(model, path, **(settings if form.external else {}))
        paths[f"form/{form.name}"] = path
    return paths


@pytest.fixture(scope="module")
def ran(paths):
    return octet_batch.run([Job(name, paths[name], form.inputs) for name, form in _FORMS.items()])


def test_names_are_unique():
    counts = collections.Counter(form.name for form in all_forms())
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", marked(_FORMS))
def test_form(name: str, paths, ran):
    result = ran[name]
    assert not result.error, result.error
    for values, expected in zip(result.outputs.values(), _reference(paths[name], _FORMS[name]), strict=True):
        assert values.shape == expected.shape
        reals = expected.astype(np.float64)
        largest = np.abs(reals).max(initial=0)
        extent = (np.ptp(reals) or largest) if reals.size else 0
        # Halves are no more accurate than this.
        tolerance = float(np.finfo(np.float16).eps) if expected.dtype == np.float16 else _TOLERANCE
        atol = tolerance * extent + _ROUNDING * largest
        np.testing.assert_allclose(values.astype(np.float64), reals, rtol=0, atol=atol)

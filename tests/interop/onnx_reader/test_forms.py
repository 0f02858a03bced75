"""Hand-made models in old and rare forms: Octet computes in float what ONNX Runtime does."""

from __future__ import annotations

import collections

import numpy as np
import octet_batch
import onnx
import onnxruntime
import pytest
from forms import Form, all_forms
from octet_batch import Job

_TOLERANCE = 1e-4  # Of the range of the output.

_FORMS = {form.name: form for form in all_forms()}


def _reference(path, form: Form) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return session.run(None, form.inputs)


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
        paths[form.name] = path
    return paths


@pytest.fixture(scope="module")
def ran(paths):
    return octet_batch.run([Job(name, paths[name], form.inputs) for name, form in _FORMS.items()])


def test_names_are_unique():
    counts = collections.Counter(form.name for form in all_forms())
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", _FORMS)
def test_form(name: str, paths, ran):
    result = ran[name]
    assert not result.error, result.error
    for values, expected in zip(result.outputs.values(), _reference(paths[name], _FORMS[name]), strict=True):
        assert values.shape == expected.shape
        reals = expected.astype(np.float64)
        extent = (np.ptp(reals) or np.abs(reals).max()) if reals.size else 0
        np.testing.assert_allclose(values.astype(np.float64), reals, rtol=0, atol=_TOLERANCE * extent)

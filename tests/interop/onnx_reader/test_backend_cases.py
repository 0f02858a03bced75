"""The onnx package's own cases: Octet computes in float what they say, each within its tolerance."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import octet_batch
import onnx
import pytest
from expected_failures import marked
from octet_batch import Job, Ran
from scope import OUT_OF_SCOPE, cases_in_scope, listing

_CASES = {case.id: case for case in cases_in_scope()}
# Octet computes in float32 where these round each result: to so many units of theirs.
_UNITS_OF_HALVES = 4


@pytest.fixture(scope="module")
def ran(tmp_path_factory) -> dict[str, Ran]:
    folder = tmp_path_factory.mktemp("models")
    jobs = []
    for at, case in enumerate(_CASES.values()):
        path = folder / f"{at}.onnx"
        onnx.save(case.model, path)
        jobs.append(Job(case.id, path, case.inputs))
    return octet_batch.run(jobs)


@pytest.mark.parametrize("name", marked(_CASES))
def test_case(name: str, ran):
    case, result = _CASES[name], ran[name]
    assert not result.error, result.error
    for values, expected in zip(result.outputs.values(), case.expected, strict=True):
        assert values.shape == expected.shape
        rtol, atol = case.rtol, case.atol
        if expected.dtype in (np.float16, ml_dtypes.bfloat16):
            rtol = atol = max(rtol, _UNITS_OF_HALVES * float(ml_dtypes.finfo(expected.dtype).eps))
        np.testing.assert_allclose(
            values.astype(np.float64), expected.astype(np.float64), rtol=rtol, atol=atol
        )


def test_list_of_what_is_out_of_scope_is_current():
    assert OUT_OF_SCOPE.read_text() == listing(), "Run tests/interop/onnx_reader/scope.py --write."

"""The cases and forms are all that there is to test, and the list of what fails today names none besides."""

from __future__ import annotations

import onnx
from expected_failures import expected_failures
from forms import all_forms
from scope import OLDEST_OPSET, OPERATORS, cases_in_scope, nodes_of, opset_of


def _versions() -> set[tuple[str, int]]:
    """The operators in scope in every version that a file of the oldest opset or a later one can ask for."""
    history: dict[str, list[int]] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "" and schema.name in OPERATORS and not schema.deprecated:
            history.setdefault(schema.name, []).append(schema.since_version)
    wanted = set()
    for name, versions in history.items():
        oldest = max((version for version in versions if version <= OLDEST_OPSET), default=OLDEST_OPSET)
        wanted.update((name, version) for version in versions if version >= oldest)
    return wanted


def test_expected_failures_are_tests():
    tests = {*(case.id for case in cases_in_scope()), *(f"form/{form.name}" for form in all_forms())}
    assert set(expected_failures()) <= tests


def test_every_version_of_every_operator_is_run():
    run = set()
    for model in (*(case.model for case in cases_in_scope()), *(form.model for form in all_forms())):
        opset = opset_of(model)
        for node in nodes_of(model.graph.node):
            if node.domain in ("", "ai.onnx"):
                run.add((node.op_type, onnx.defs.get_schema(node.op_type, opset, "").since_version))
    assert sorted(_versions() - run) == []

"""The list of what fails today names tests that there are."""

from expected_failures import expected_failures
from forms import all_forms
from scope import cases_in_scope


def test_expected_failures_are_tests():
    tests = {*(case.id for case in cases_in_scope()), *(f"form/{form.name}" for form in all_forms())}
    assert set(expected_failures()) <= tests

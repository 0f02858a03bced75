"""What fails today: expected_failures.txt, which a test that passes has to leave."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable

import pytest

_LIST = pathlib.Path(__file__).parent / "expected_failures.txt"


def expected_failures() -> dict[str, str]:
    """The reason of each, by the test's name."""
    lines = _LIST.read_text().splitlines()
    entries = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return {name: reason.strip() for name, _, reason in entries}


def marked(names: Iterable[str]) -> list:
    """The names for pytest.mark.parametrize; those of the list have to fail."""
    reasons = expected_failures()
    return [
        pytest.param(name, marks=pytest.mark.xfail(raises=AssertionError, reason=reasons[name], strict=True))
        if name in reasons
        else name
        for name in names
    ]

"""Hand-made models for what the onnx package's cases no longer have: versions of operators from before, and combinations."""

from __future__ import annotations

from .axis_forms import axis_forms
from .elementwise_forms import elementwise_forms
from .file_forms import file_forms
from .form import Form
from .layout_forms import layout_forms
from .matrix_forms import matrix_forms
from .random_forms import random_forms
from .resize_forms import resize_forms
from .version_forms import version_forms
from .window_forms import window_forms

__all__ = ["Form", "all_forms"]


def all_forms() -> list[Form]:
    return [
        *axis_forms(),
        *elementwise_forms(),
        *file_forms(),
        *layout_forms(),
        *matrix_forms(),
        *random_forms(),
        *resize_forms(),
        *version_forms(),
        *window_forms(),
    ]

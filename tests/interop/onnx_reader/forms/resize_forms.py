"""Upsample and Resize in all their versions, and the coordinates that they sample at."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np

from .form import Form, floats, form, ints

_IMAGES = {"alike": (1, 8, 8, 8), "unlike": (2, 3, 7, 11)}
_COORDINATES = ("half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel")
_NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
_SCALES = {"twice": (2.0, 2.0), "odd": (1.5, 2.3), "less": (0.6, 0.5), "mixed": (3.0, 0.7)}
_NO_VALUES = np.zeros(0, np.float32)


def _upsamples(size: str, image: tuple[int, ...]) -> list[Form]:
    forms = []
    for mode in ("nearest", "linear"):
        forms += [
            form(f"{mode}_{size}", 7, "Upsample", image, mode=mode, scales=[1.0, 1.0, 2.0, 3.0]),
            form(f"{mode}_{size}", 9, "Upsample", image, floats(1, 1, 3, 2), mode=mode),
            form(f"{mode}_{size}", 10, "Resize", image, floats(1, 1, 2, 2), mode=mode),
            form(f"{mode}_odd_{size}", 10, "Resize", image, floats(1, 1, 1.5, 2.3), mode=mode),
            form(f"{mode}_less_{size}", 10, "Resize", image, floats(1, 1, 0.6, 0.5), mode=mode),
        ]
    return forms


def _sampled(size: str, image: tuple[int, ...]) -> list[Form]:
    forms = []
    for coordinates, (name, scales) in itertools.product(_COORDINATES, _SCALES.items()):
        operands = (image, _NO_VALUES, floats(1, 1, *scales))
        attributes = {"coordinate_transformation_mode": coordinates}
        made = [
            form(f"linear_{coordinates}_{name}_{size}", 11, "Resize", *operands, mode="linear", **attributes),
            *(
                form(
                    f"nearest_{coordinates}_{rounding}_{name}_{size}",
                    *(11, "Resize", *operands),
                    mode="nearest",
                    nearest_mode=rounding,
                    **attributes,
                )
                for rounding in _NEAREST
            ),
        ]
        # By definition the corners are those of the size before it is rounded down, in ONNX Runtime those after.
        departs = coordinates == "align_corners" and name != "twice"
        forms += [dataclasses.replace(entry, by_definition=departs) for entry in made]
    return forms


def _sized(size: str, image: tuple[int, ...]) -> list[Form]:
    whole = ints(*image[:2], 13, 10)
    forms = []
    for opset in (11, 13, 18, 19):
        for mode in ("nearest", "linear"):
            absent = _NO_VALUES if opset == 11 else None
            forms += [
                form(
                    f"{mode}_sizes_{coordinates}_{size}",
                    *(opset, "Resize", image, absent, absent, whole),
                    mode=mode,
                    coordinate_transformation_mode=coordinates,
                )
                for coordinates in _COORDINATES
            ]
            forms.append(
                form(f"{mode}_scales_{size}", opset, "Resize", image, absent, floats(1, 1, 2, 1.7), mode=mode)
            )
    for opset in (18, 19):
        by_axes = {"mode": "linear", "axes": [2, 3]}
        forms += [
            form(f"axes_sizes_{size}", opset, "Resize", image, None, None, ints(13, 10), **by_axes),
            form(f"axes_scales_{size}", opset, "Resize", image, None, floats(2, 1.7), **by_axes),
            form(f"axes_swapped_{size}", opset, "Resize", image, None, None, ints(10, 13), axes=[3, 2]),
            *(
                form(
                    f"{policy}_{size}",
                    *(opset, "Resize", image, None, None, ints(15, 20)),
                    keep_aspect_ratio_policy=policy,
                    **by_axes,
                )
                for policy in ("not_larger", "not_smaller")
            ),
        ]
    half_pixel = "half_pixel_symmetric"
    forms.append(
        form(
            f"symmetric_{size}",
            *(19, "Resize", image, None, floats(1, 1, 1.5, 2.3)),
            mode="linear",
            coordinate_transformation_mode=half_pixel,
        )
    )
    return forms


def _of_equal_extents() -> list[Form]:
    """Scales so near to one that an axis keeps its extent: it is sampled all the same."""
    return [
        form(
            f"{mode}_{coordinates}_{name}_equal",
            *(13, "Resize", shape, None, floats(1, 1, 1.3, 1.3)),
            mode=mode,
            coordinate_transformation_mode=coordinates,
        )
        for mode in ("nearest", "linear", "cubic")
        for coordinates in ("half_pixel", "asymmetric", "pytorch_half_pixel")
        for name, shape in (("height", (1, 2, 3, 6)), ("width", (1, 2, 6, 3)))
    ]


def _cubic(size: str, image: tuple[int, ...]) -> list[Form]:
    cubic = {"mode": "cubic"}
    whole = ints(*image[:2], 13, 10)
    absent = (_NO_VALUES, _NO_VALUES)
    return [
        *(
            form(
                f"cubic_{coordinates}_{size}",
                *(11, "Resize", image, *absent, whole),
                coordinate_transformation_mode=coordinates,
                **cubic,
            )
            for coordinates in _COORDINATES
        ),
        form(f"cubic_outside_{size}", 13, "Resize", image, *absent, whole, exclude_outside=1, **cubic),
        form(f"cubic_a_{size}", 13, "Resize", image, *absent, whole, cubic_coeff_a=-0.5, **cubic),
        *(
            form(
                f"antialias_{mode}_{size}",
                18,
                "Resize",
                image,
                None,
                floats(1, 1, 0.6, 0.5),
                mode=mode,
                antialias=1,
            )
            for mode in ("linear", "cubic")
        ),
        form(
            f"crop_{size}",
            *(11, "Resize", image, floats(0, 0, 0.2, 0.1, 1, 1, 0.9, 1.2), _NO_VALUES, whole),
            mode="linear",
            coordinate_transformation_mode="tf_crop_and_resize",
            extrapolation_value=1.5,
        ),
    ]


def resize_forms() -> list[Form]:
    forms = _of_equal_extents()
    for size, image in _IMAGES.items():
        forms += [
            *_upsamples(size, image),
            *_sampled(size, image),
            *_sized(size, image),
            *_cubic(size, image),
        ]
    return forms

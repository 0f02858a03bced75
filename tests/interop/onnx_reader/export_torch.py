"""Writes nets of torchvision with random weights as .onnx files, by both of PyTorch's exporters. Run by the Python of
build/venv-torch, which has PyTorch.

usage: python export_torch.py FOLDER [NET...]"""

from __future__ import annotations

import io
import pathlib
import sys
import warnings
import zipfile

import torch
import torchvision
from PIL import Image

_PHOTOS = pathlib.Path(__file__).parents[2] / "assets" / "photos.zip"

# The exporter by tracing serves old versions, the one by torch.export those since 18.
_TRACED = (9, 11, 13, 17)
_EXPORTED = (18, 21)


class _Dense(torch.nn.Module):
    """Segmentation without the dictionary that it answers with."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x)["out"]


class _Heads(torch.nn.Module):
    """A detector up to its boxes and scores for each anchor: what selects among them has data-dependent shapes."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        outputs = self.net.head(list(self.net.backbone(x).values()))
        return outputs["bbox_regression"], outputs["cls_logits"]


def _net(name: str) -> torch.nn.Module:
    models = torchvision.models
    if name == "deeplabv3_mobilenet_v3_large":
        return _Dense(models.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None))
    if name == "ssdlite320_mobilenet_v3_large":
        return _Heads(models.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None))
    return getattr(models, name)(weights=None)


# The side of the image each net is exported for.
NETS = {
    "mobilenet_v2": 224,
    "mobilenet_v3_small": 224,
    "efficientnet_b0": 224,
    "resnet18": 224,
    "shufflenet_v2_x1_0": 224,
    "convnext_tiny": 224,
    "swin_t": 224,
    "vit_b_32": 224,
    "deeplabv3_mobilenet_v3_large": 256,
    "ssdlite320_mobilenet_v3_large": 320,
}


def _photographs(side: int) -> torch.Tensor:
    with zipfile.ZipFile(_PHOTOS) as archive:
        pictures = [Image.open(io.BytesIO(archive.read(name))) for name in sorted(archive.namelist())[:8]]
    transform = torchvision.transforms.Compose(
        [
            torchvision.transforms.Resize((side, side)),
            torchvision.transforms.ToTensor(),
            torchvision.transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    return torch.stack([transform(picture.convert("RGB")) for picture in pictures])


def _settle(net: torch.nn.Module, images: torch.Tensor) -> None:
    """Makes a net that is just initialized behave as a trained one: parameters that are all alike would hide what is wrong
    with them, and without statistics of their own for the batch normalizations signals die or explode."""
    with torch.no_grad():
        for parameter in net.parameters():
            if parameter.std() == 0:
                parameter += 0.1 * torch.randn_like(parameter)
    for module in net.modules():
        module.training = isinstance(module, torch.nn.BatchNorm2d)
        if module.training:
            module.momentum = None
    with torch.no_grad():
        net(images)
    net.eval()


def _export(net, image, path: pathlib.Path, opset: int, dynamo: bool) -> None:
    names = {"input_names": ["image"], "opset_version": opset, "dynamo": dynamo}
    if dynamo:
        names["external_data"] = False
    torch.onnx.export(net, (image,), str(path), verbose=False, **names)


def main() -> None:
    warnings.simplefilter("ignore")
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or NETS:
        torch.manual_seed(1)
        net = _net(name).eval()
        images = _photographs(NETS[name])
        _settle(net, images)
        image = images[:1]
        for dynamo, opsets in ((False, _TRACED), (True, _EXPORTED)):
            for opset in opsets:
                path = folder / f"{name}_{'exported' if dynamo else 'traced'}_{opset}.onnx"
                refusal = path.with_suffix(".txt")
                if path.exists() or refusal.exists():
                    continue
                try:
                    _export(net, image, path, opset, dynamo)
                except torch.onnx.OnnxExporterError as error:
                    path.unlink(missing_ok=True)
                    refusal.write_text(f"{type(error).__name__}: {error}".splitlines()[0][:300])


if __name__ == "__main__":
    main()

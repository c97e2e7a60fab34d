"""MobileNet of the second (Sandler et al., 2018) and third kind (Howard et al., 2019)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pentad as pt
from pentad import nn
from pentad.frontends.torchvision.models.weights import network

__all__ = ["MobileNetV2", "MobileNetV3", "mobilenet_v2", "mobilenet_v3_large",
           "mobilenet_v3_small"]


def whole(value: float, divisor: int = 8) -> int:
    """The multiple of a divisor that is nearest, and not less than 0.9 of the value."""
    found = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return found + divisor if found < 0.9 * value else found


def conv_norm(before: int, after: int, size: int = 3, stride: int = 1, groups: int = 1,
              activation: Any = nn.ReLU6, norm: Any = nn.BatchNorm2d, dilation: int = 1) -> Any:
    """A convolution, its normalisation, and an activation if there is one."""
    padding = (size - 1) // 2 * dilation
    parts = [nn.Conv2d(before, after, size, stride, padding, dilation, groups, bias=False),
             norm(after)]
    return nn.Sequential(*parts, *([activation(inplace=True)] if activation else []))


def initialise(model: Any) -> None:
    """The starting values of both kinds."""
    for m in model.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode="fan_out")
            if m.bias is not None:
                nn.init.zeros_(m.bias)
        elif isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, 0, 0.01)
            nn.init.zeros_(m.bias)


class InvertedResidual(nn.Module):
    """More channels, one convolution for each, and fewer again; beside the identity if it fits."""

    def __init__(self, inp: int, oup: int, stride: int, expand_ratio: int, norm: Any) -> None:
        super().__init__()
        hidden = round(inp * expand_ratio)
        self.stride, self.use_res_connect = stride, stride == 1 and inp == oup
        parts = [] if expand_ratio == 1 else [conv_norm(inp, hidden, 1, norm=norm)]
        parts += [conv_norm(hidden, hidden, 3, stride, hidden, norm=norm),
                  nn.Conv2d(hidden, oup, 1, bias=False), norm(oup)]
        self.conv = nn.Sequential(*parts)

    def forward(self, x: Any) -> Any:
        """[N, inp, H, W] -> [N, oup, H / stride, W / stride]."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


class MobileNetV2(nn.Module):
    """Inverted residuals: (expansion, channels, how many, first stride) of each stage."""

    def __init__(
        self, num_classes: int = 1000, width_mult: float = 1.0,
        inverted_residual_setting: Any = None, round_nearest: int = 8, block: Any = None,
        norm_layer: Any = None, dropout: float = 0.2,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        block = block or partial(InvertedResidual, norm=norm)
        stages = inverted_residual_setting or (
            (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1),
            (6, 160, 3, 2), (6, 320, 1, 1))
        before = whole(32 * width_mult, round_nearest)
        self.last_channel = whole(1280 * max(1.0, width_mult), round_nearest)
        parts = [conv_norm(3, before, 3, 2, norm=norm)]
        for expansion, channels, count, stride in stages:
            after = whole(channels * width_mult, round_nearest)
            for i in range(count):
                parts.append(block(before, after, stride if i == 0 else 1, expansion))
                before = after
        parts.append(conv_norm(before, self.last_channel, 1, norm=norm))
        self.features = nn.Sequential(*parts)
        self.classifier = nn.Sequential(nn.Dropout(dropout),
                                        nn.Linear(self.last_channel, num_classes))
        initialise(self)

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(pt.flatten(x, 1))


@network("mobilenet_v2-b0353104.pth", "mobilenet_v2-7ebf99e0.pth", name="MobileNet_V2")
def mobilenet_v2(**kwargs: Any) -> MobileNetV2:
    """The second kind."""
    return MobileNetV2(**kwargs)


# -- the third kind --------------------------------------------------------------------------------


class SqueezeExcitation(nn.Module):
    """Channels weighted by what all of the image says."""

    def __init__(self, channels: int, squeezed: int, activation: Any = nn.ReLU,
                 scale_activation: Any = nn.Sigmoid) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1, self.fc2 = nn.Conv2d(channels, squeezed, 1), nn.Conv2d(squeezed, channels, 1)
        self.activation, self.scale_activation = activation(), scale_activation()

    def forward(self, x: Any) -> Any:
        """The same shape."""
        scale = self.fc2(self.activation(self.fc1(self.avgpool(x))))
        return self.scale_activation(scale) * x


_ROWS = {
    "large": """16 3 16 16 0 R 1|16 3 64 24 0 R 2|24 3 72 24 0 R 1|24 5 72 40 1 R 2|
        40 5 120 40 1 R 1|40 5 120 40 1 R 1|40 3 240 80 0 H 2|80 3 200 80 0 H 1|80 3 184 80 0 H 1|
        80 3 184 80 0 H 1|80 3 480 112 1 H 1|112 3 672 112 1 H 1|112 5 672 160 1 H 2|
        160 5 960 160 1 H 1|160 5 960 160 1 H 1""",
    "small": """16 3 16 16 1 R 2|16 3 72 24 0 R 2|24 3 88 24 0 R 1|24 5 96 40 1 H 2|
        40 5 240 40 1 H 1|40 5 240 40 1 H 1|40 5 120 48 1 H 1|48 5 144 48 1 H 1|48 5 288 96 1 H 2|
        96 5 576 96 1 H 1|96 5 576 96 1 H 1""",
}
"""Table 1 and 2 of the paper: channels, size, expanded, channels after, weighted, which, stride."""


class InvertedResidualV3(nn.Module):
    """The block of the third kind, by a row of the tables."""

    def __init__(self, row: str, norm: Any) -> None:
        super().__init__()
        before, size, hidden, after, weighted, kind, stride = row.split()
        inp, hid, out, step = int(before), int(hidden), int(after), int(stride)
        activation = nn.ReLU if kind == "R" else nn.Hardswish
        self.use_res_connect, self.out_channels = step == 1 and inp == out, out
        parts = [] if inp == hid else [conv_norm(inp, hid, 1, 1, 1, activation, norm)]
        parts.append(conv_norm(hid, hid, int(size), step, hid, activation, norm))
        if weighted == "1":
            parts.append(SqueezeExcitation(hid, whole(hid // 4), scale_activation=nn.Hardsigmoid))
        self.block = nn.Sequential(*parts, conv_norm(hid, out, 1, 1, 1, None, norm))

    def forward(self, x: Any) -> Any:
        """[N, C, H, W] -> [N, C', H / stride, W / stride]."""
        return x + self.block(x) if self.use_res_connect else self.block(x)


class MobileNetV3(nn.Module):
    """The third kind: a table's rows between two convolutions, then two linear layers."""

    def __init__(self, which: str, last_channel: int, num_classes: int = 1000,
                 dropout: float = 0.2) -> None:
        super().__init__()
        norm = partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
        rows = [InvertedResidualV3(row, norm) for row in _ROWS[which].split("|")]
        last = rows[-1].out_channels
        self.features = nn.Sequential(
            conv_norm(3, 16, 3, 2, 1, nn.Hardswish, norm), *rows,
            conv_norm(last, 6 * last, 1, 1, 1, nn.Hardswish, norm))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(6 * last, last_channel), nn.Hardswish(inplace=True),
            nn.Dropout(dropout, inplace=True), nn.Linear(last_channel, num_classes))
        initialise(self)

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        return self.classifier(pt.flatten(self.avgpool(self.features(x)), 1))


@network("mobilenet_v3_large-8738ca79.pth", "mobilenet_v3_large-5c1a4163.pth",
         name="MobileNet_V3_Large")
def mobilenet_v3_large(**kwargs: Any) -> MobileNetV3:
    """The third kind, large."""
    return MobileNetV3("large", 1280, **kwargs)


@network("mobilenet_v3_small-047dcff4.pth", name="MobileNet_V3_Small")
def mobilenet_v3_small(**kwargs: Any) -> MobileNetV3:
    """The third kind, small."""
    return MobileNetV3("small", 1024, **kwargs)

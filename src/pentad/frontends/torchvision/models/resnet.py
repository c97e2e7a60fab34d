"""ResNet (He et al., 2015), ResNeXt (Xie et al., 2016), wide ResNet (Zagoruyko, 2016)."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import nn
from pentad.frontends.torchvision.models.weights import network

__all__ = ["BasicBlock", "Bottleneck", "ResNet", "resnet18", "resnet34", "resnet50", "resnet101",
           "resnet152", "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
           "wide_resnet50_2", "wide_resnet101_2"]


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1
            ) -> Any:
    """A 3x3 convolution that keeps the size but for the stride."""
    return nn.Conv2d(in_planes, out_planes, 3, stride, dilation, dilation, groups, bias=False)


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> Any:
    """A 1x1 convolution."""
    return nn.Conv2d(in_planes, out_planes, 1, stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    expansion = 1

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: Any = None,
                 groups: int = 1, base_width: int = 64, dilation: int = 1, norm_layer: Any = None
                 ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        self.conv1, self.bn1 = conv3x3(inplanes, planes, stride), norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = conv3x3(planes, planes), norm(planes)
        self.downsample, self.stride = downsample, stride

    def forward(self, x: Any) -> Any:
        """[N, inplanes, H, W] -> [N, planes, H / stride, W / stride]."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class Bottleneck(nn.Module):
    """A 3x3 convolution of fewer channels between two 1x1 ones, beside the identity."""

    expansion = 4

    def __init__(self, inplanes: int, planes: int, stride: int = 1, downsample: Any = None,
                 groups: int = 1, base_width: int = 64, dilation: int = 1, norm_layer: Any = None
                 ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1, self.bn1 = conv1x1(inplanes, width), norm(width)
        self.conv2, self.bn2 = conv3x3(width, width, stride, groups, dilation), norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample, self.stride = downsample, stride

    def forward(self, x: Any) -> Any:
        """[N, inplanes, H, W] -> [N, 4 planes, H / stride, W / stride]."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet(nn.Module):
    """Four stages of blocks after a 7x7 convolution; layers: the blocks of each stage."""

    def __init__(
        self, block: Any, layers: list[int], num_classes: int = 1000,
        zero_init_residual: bool = False, groups: int = 1, width_per_group: int = 64,
        replace_stride_with_dilation: Any = None, norm_layer: Any = None,
    ) -> None:
        super().__init__()
        self._norm_layer = norm_layer or nn.BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        dilated = replace_stride_with_dilation or [False, False, False]
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1, self.relu = self._norm_layer(64), nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilated[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        self._initialise(zero_init_residual)

    def _initialise(self, zero: bool) -> None:
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(m, Bottleneck) and zero:
                nn.init.zeros_(m.bn3.weight)
            elif isinstance(m, BasicBlock) and zero:
                nn.init.zeros_(m.bn2.weight)

    def _make_layer(self, block: Any, planes: int, blocks: int, stride: int = 1,
                    dilate: bool = False) -> Any:
        before = self.dilation
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        downsample = None
        out = planes * block.expansion
        if stride != 1 or self.inplanes != out:
            downsample = nn.Sequential(conv1x1(self.inplanes, out, stride), self._norm_layer(out))
        how = (self.groups, self.base_width)
        made = [block(self.inplanes, planes, stride, downsample, *how, before, self._norm_layer)]
        self.inplanes = out
        made += [block(out, planes, 1, None, *how, self.dilation, self._norm_layer)
                 for _ in range(blocks - 1)]
        return nn.Sequential(*made)

    def forward(self, x: Any) -> Any:
        """[N, 3, H, W] -> [N, num_classes]."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(pt.flatten(self.avgpool(x), 1))


@network("resnet18-f37072fd.pth", name="ResNet18")
def resnet18(**kwargs: Any) -> ResNet:
    """18 layers."""
    return ResNet(BasicBlock, [2, 2, 2, 2], **kwargs)


@network("resnet34-b627a593.pth", name="ResNet34")
def resnet34(**kwargs: Any) -> ResNet:
    """34 layers."""
    return ResNet(BasicBlock, [3, 4, 6, 3], **kwargs)


@network("resnet50-0676ba61.pth", "resnet50-11ad3fa6.pth", name="ResNet50")
def resnet50(**kwargs: Any) -> ResNet:
    """50 layers."""
    return ResNet(Bottleneck, [3, 4, 6, 3], **kwargs)


@network("resnet101-63fe2227.pth", "resnet101-cd907fc2.pth", name="ResNet101")
def resnet101(**kwargs: Any) -> ResNet:
    """101 layers."""
    return ResNet(Bottleneck, [3, 4, 23, 3], **kwargs)


@network("resnet152-394f9c45.pth", "resnet152-f82ba261.pth", name="ResNet152")
def resnet152(**kwargs: Any) -> ResNet:
    """152 layers."""
    return ResNet(Bottleneck, [3, 8, 36, 3], **kwargs)


@network("resnext50_32x4d-7cdf4587.pth", "resnext50_32x4d-1a0047aa.pth", name="ResNeXt50_32X4D")
def resnext50_32x4d(**kwargs: Any) -> ResNet:
    """50 layers, 32 groups of 4 channels."""
    return ResNet(Bottleneck, [3, 4, 6, 3], **{"groups": 32, "width_per_group": 4} | kwargs)


@network("resnext101_32x8d-8ba56ff5.pth", "resnext101_32x8d-110c445d.pth", name="ResNeXt101_32X8D")
def resnext101_32x8d(**kwargs: Any) -> ResNet:
    """101 layers, 32 groups of 8 channels."""
    return ResNet(Bottleneck, [3, 4, 23, 3], **{"groups": 32, "width_per_group": 8} | kwargs)


@network("resnext101_64x4d-173b62eb.pth", name="ResNeXt101_64X4D")
def resnext101_64x4d(**kwargs: Any) -> ResNet:
    """101 layers, 64 groups of 4 channels."""
    return ResNet(Bottleneck, [3, 4, 23, 3], **{"groups": 64, "width_per_group": 4} | kwargs)


@network("wide_resnet50_2-95faca4d.pth", "wide_resnet50_2-9ba9bcbe.pth", name="Wide_ResNet50_2")
def wide_resnet50_2(**kwargs: Any) -> ResNet:
    """50 layers, twice as wide within the blocks."""
    return ResNet(Bottleneck, [3, 4, 6, 3], **{"width_per_group": 128} | kwargs)


@network("wide_resnet101_2-32ee1156.pth", "wide_resnet101_2-d733dc28.pth", name="Wide_ResNet101_2")
def wide_resnet101_2(**kwargs: Any) -> ResNet:
    """101 layers, twice as wide within the blocks."""
    return ResNet(Bottleneck, [3, 4, 23, 3], **{"width_per_group": 128} | kwargs)

"""The networks that are measured, as users write them, for every library with PyTorch's names.

The same in plain JAX: models_jax.py. Weights come from outside, by state_dict name (`drawn`), so
that every library computes the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

# -- dense layers ----------------------------------------------------------------------------------


def perceptron(lib: Any, sizes: Sequence[int]) -> Any:
    """Dense layers with ReLU between them."""
    nn = lib.nn
    layers: list[Any] = []
    for i, o in zip(sizes, sizes[1:]):
        layers += [nn.Linear(i, o), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def autoencoder(lib: Any, visible: int, hidden: int, latent: int) -> Any:
    """A variational auto-encoder (Kingma and Welling, 2013); its noise is an argument."""
    nn, functional = lib.nn, lib.nn.functional

    class Autoencoder(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.outer = nn.Linear(visible, hidden), nn.Linear(hidden, visible)
            self.mean, self.logvar = nn.Linear(hidden, latent), nn.Linear(hidden, latent)
            self.expand = nn.Linear(latent, hidden)

        def forward(self, x: Any, noise: Any) -> Any:
            h = functional.relu(self.inner(x))
            mean, logvar = self.mean(h), self.logvar(h)
            z = mean + noise * lib.exp(0.5 * logvar)
            return self.outer(functional.relu(self.expand(z))), mean, logvar

    return Autoencoder()


# -- convolutions ----------------------------------------------------------------------------------


def lenet(lib: Any) -> Any:
    """LeNet-5 (LeCun et al., 1998) with ReLU and maxima."""
    nn = lib.nn
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def _normed(nn: Any, i: int, o: int, size: int, stride: int = 1, groups: int = 1) -> Any:
    conv = nn.Conv2d(i, o, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(o))


RESNET18 = (2, 2, 2, 2)
RESNET50 = (3, 4, 6, 3)


def resnet_layers(
    i: int, width: int, stride: int, bottleneck: bool
) -> tuple[tuple[int, int, int, int], ...]:
    """Inputs, outputs, kernel size and stride of the convolutions in a residual block."""
    if bottleneck:
        return (i, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1)
    return (i, width, 3, stride), (width, width, 3, 1)


def resnet_blocks(depths: Sequence[int], bottleneck: bool) -> list[tuple[int, int, int]]:
    """Inputs, width and stride of every residual block."""
    found, channels = [], 64
    for stage, depth in enumerate(depths):
        for i in range(depth):
            found.append((channels, 64 << stage, 2 if stage and i == 0 else 1))
            channels = (64 << stage) * (4 if bottleneck else 1)
    return found


def resnet(
    lib: Any, depths: Sequence[int], classes: int, *, bottleneck: bool = False, small: bool = False
) -> Any:
    """A residual network (He et al., 2015); `small` has the stem for 32x32 images."""
    nn, relu = lib.nn, lib.nn.functional.relu

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, i: int, width: int, stride: int) -> None:
            super().__init__()
            layers = resnet_layers(i, width, stride, bottleneck)
            self.layers = nn.ModuleList([_normed(nn, *layer) for layer in layers])
            o = layers[-1][1]
            same = stride == 1 and i == o
            self.shortcut = nn.Identity() if same else _normed(nn, i, o, 1, stride)

        def forward(self, x: Any) -> Any:
            y = x
            for layer in self.layers[:-1]:
                y = relu(layer(y))
            return relu(self.layers[-1](y) + self.shortcut(x))

    class ResNet(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.stem = _normed(nn, 3, 64, 3) if small else _normed(nn, 3, 64, 7, 2)
            self.pool = nn.Identity() if small else nn.MaxPool2d(3, 2, 1)
            self.blocks = nn.Sequential(*[Block(*b) for b in resnet_blocks(depths, bottleneck)])
            self.mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            self.head = nn.Linear(2048 if bottleneck else 512, classes)

        def forward(self, x: Any) -> Any:
            return self.head(self.mean(self.blocks(self.pool(relu(self.stem(x))))))

    return ResNet()


MOBILENET = (  # expansion, channels, blocks, stride of the first of them
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
    (6, 320, 1, 1),
)  # fmt: skip


def mobilenet_blocks(stages: Sequence[tuple[int, int, int, int]]) -> list[tuple[int, ...]]:
    """Inputs, outputs, stride and expansion of every block."""
    found, channels = [], 32
    for expansion, width, count, stride in stages:
        for i in range(count):
            found.append((channels, width, stride if i == 0 else 1, expansion))
            channels = width
    return found


def mobilenet(
    lib: Any, classes: int, stages: Sequence[tuple[int, int, int, int]] = MOBILENET
) -> Any:
    """MobileNetV2 (Sandler et al., 2018), width 1."""
    nn, relu6 = lib.nn, lib.nn.functional.relu6

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self, i: int, o: int, stride: int, expansion: int) -> None:
            super().__init__()
            wide = i * expansion
            self.expand = _normed(nn, i, wide, 1) if expansion > 1 else None
            self.depthwise = _normed(nn, wide, wide, 3, stride, wide)
            self.project = _normed(nn, wide, o, 1)
            self.residual = stride == 1 and i == o

        def forward(self, x: Any) -> Any:
            y = x if self.expand is None else relu6(self.expand(x))
            y = self.project(relu6(self.depthwise(y)))
            return x + y if self.residual else y

    class MobileNet(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.stem = _normed(nn, 3, 32, 3, 2)
            self.blocks = nn.Sequential(*[Block(*b) for b in mobilenet_blocks(stages)])
            self.last = _normed(nn, stages[-1][1], 1280, 1)
            self.mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
            self.head = nn.Linear(1280, classes)

        def forward(self, x: Any) -> Any:
            x = self.blocks(relu6(self.stem(x)))
            return self.head(self.mean(relu6(self.last(x))))

    return MobileNet()


# -- sequences -------------------------------------------------------------------------------------


def characters(lib: Any, *, vocabulary: int, width: int, layers: int) -> Any:
    """Embedding, LSTM, logits of the next character; with a state, also the state after it."""
    nn = lib.nn

    class Characters(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(vocabulary, width)
            self.lstm = nn.LSTM(width, width, layers, batch_first=True)
            self.head = nn.Linear(width, vocabulary)

        def forward(self, tokens: Any, *state: Any) -> Any:
            if not state:
                return self.head(self.lstm(self.embed(tokens))[0])
            y, state = self.lstm(self.embed(tokens), state)
            return self.head(y), *state

    return Characters()


def transformer(
    lib: Any, *, vocabulary: int, positions: int, width: int, layers: int, heads: int, causal: bool
) -> Any:
    """A pre-norm transformer over tokens; causal: a language model (GPT-2), else an encoder.

    `decode` takes one token a call and keeps keys and values of those before in caches of the
    shape (batch, heads, positions, width / heads), two for each layer, written in place.
    """
    nn, functional = lib.nn, lib.nn.functional

    class Block(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
            self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
            self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

        def forward(self, x: Any) -> Any:
            return self.after(x, functional.scaled_dot_product_attention(
                *self.before(x), is_causal=causal
            ))  # fmt: skip

        def before(self, x: Any) -> Any:
            b, t, _ = x.shape
            qkv = self.qkv(self.norm1(x)).reshape(b, t, 3, heads, width // heads)
            return qkv.permute(2, 0, 3, 1, 4).unbind(0)

        def after(self, x: Any, y: Any) -> Any:
            x = x + self.out(y.transpose(1, 2).reshape(*x.shape))
            return x + self.down(functional.gelu(self.up(self.norm2(x))))

        def decode(self, x: Any, position: Any, seen: Any, keys: Any, values: Any) -> Any:
            q, k, v = self.before(x)
            keys.index_copy_(2, position, k)
            values.index_copy_(2, position, v)
            y = functional.scaled_dot_product_attention(q, keys, values, attn_mask=seen)
            return self.after(x, y)

    class Transformer(nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Embedding(vocabulary, width)
            self.position = nn.Parameter(lib.zeros(positions, width))
            self.blocks = nn.ModuleList([Block() for _ in range(layers)])
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, vocabulary, bias=False) if causal else nn.Identity()

        def forward(self, tokens: Any) -> Any:
            x = self.token(tokens) + self.position[: tokens.shape[1]]
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

        def decode(self, token: Any, position: Any, *caches: Any) -> Any:
            seen = (lib.arange(positions) <= position)[None, None, None]
            x = self.token(token) + self.position[position]
            for i, block in enumerate(self.blocks):
                x = block.decode(x, position, seen, *caches[2 * i : 2 * i + 2])
            return self.head(self.norm(x))

    return Transformer()


# -- weights ---------------------------------------------------------------------------------------


def drawn(model: Any, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Random weights by state_dict name, such that activations neither grow nor vanish.

    None is zero or one, so that a library which forgets a bias or a scale shows other numbers.
    """
    found: dict[str, np.ndarray] = {}
    for name, value in model.state_dict().items():
        shape = tuple(value.shape)
        part = name.rpartition(".")[2]
        if part == "num_batches_tracked":
            found[name] = np.zeros(shape, np.int64)
            continue
        if part == "running_var":
            array = rng.uniform(0.7, 1.3, shape)
        elif len(shape) >= 2:
            gain = 2 if len(shape) == 4 else 1  # a ReLU follows, which halves the variance
            array = rng.standard_normal(shape) * np.sqrt(gain / np.prod(shape[1:]))
        else:
            scale = part == "weight"  # of a normalisation
            array = 0.1 * rng.standard_normal(shape) + scale
        found[name] = array.astype(np.float32)
    return found

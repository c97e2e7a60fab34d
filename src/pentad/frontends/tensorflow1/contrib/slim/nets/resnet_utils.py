"""What the two kinds of residual networks share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pentad as pt
from pentad import static
from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1.contrib.parts import network, norms
from pentad.frontends.tensorflow1.contrib.parts.regularizers import (
    l2_regularizer,
    variance_scaling_initializer,
)
from pentad.frontends.tensorflow1.contrib.parts.scopes import add_arg_scope, arg_scope
from pentad.frontends.tensorflow1.contrib.slim.utils import convert_collection_to_dict
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.ops.activations import relu
from pentad.frontends.tensorflow1.ops.padding import pad
from pentad.frontends.tensorflow1.ops.reductions import reduce_mean
from pentad.frontends.tensorflow1.variables.scope import variable_scope

DEPTHS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


class Block(NamedTuple):
    """A part of the network: its scope, the function of its units, the arguments of each."""

    scope: str
    unit_fn: Any
    args: Any


def subsample(inputs: Any, factor: int, scope: Any = None) -> Any:
    """Every factor-th pixel."""
    return inputs if factor == 1 else network.max_pool2d(
        inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(
    inputs: Any, num_outputs: int, kernel_size: int, stride: int, rate: int = 1, scope: Any = None
) -> Any:
    """A convolution whose margins do not depend on the size of the image."""
    if stride == 1:
        return network.conv2d(inputs, num_outputs, kernel_size, stride=1, rate=rate,
                              padding="SAME", scope=scope)
    total = (kernel_size - 1) * rate
    before = total // 2
    margin = [before, total - before]
    return network.conv2d(pad(inputs, [[0, 0], margin, margin, [0, 0]]), num_outputs, kernel_size,
                          stride=stride, rate=rate, padding="VALID", scope=scope)


@add_arg_scope
def stack_blocks_dense(
    net: Any, blocks: Any, output_stride: float | None = None, outputs_collections: Any = None
) -> Any:
    """The blocks one after the other.

    output_stride: by how much the image becomes smaller at most; behind that convolutions have
    holes instead of strides.
    """
    reached, rate = 1, 1
    for block in blocks:
        with variable_scope(block.scope, "block", [net]) as opened:
            for number, unit in enumerate(block.args, 1):
                if output_stride is not None and reached > output_stride:
                    raise _unreachable(output_stride, reached)
                with variable_scope(f"unit_{number}", values=[net]):
                    stride = unit.get("stride", 1)
                    if reached == output_stride:
                        net = block.unit_fn(net, rate=rate, **dict(unit, stride=1))
                        rate *= stride
                    else:
                        net = block.unit_fn(net, rate=1, **unit)
                        reached *= stride
            net = network.collect(outputs_collections, opened.name, net)
    if output_stride is not None and reached != output_stride:
        raise _unreachable(output_stride, reached)
    return net


def _unreachable(wanted: float, reached: int) -> Exception:
    return pt.ArgumentError(static.message(
        "The target output_stride cannot be reached.", expected=f"a stride of {wanted}",
        got=str(reached)))


def resnet_arg_scope(
    weight_decay: float = 0.0001, batch_norm_decay: float = 0.997,
    batch_norm_epsilon: float = 1e-5, batch_norm_scale: bool = True,
) -> Any:
    """The arguments of layers for residual networks."""
    norm = {"decay": batch_norm_decay, "epsilon": batch_norm_epsilon, "scale": batch_norm_scale,
            "updates_collections": GraphKeys.UPDATE_OPS}
    with (
        arg_scope([network.conv2d], weights_regularizer=l2_regularizer(weight_decay),
                  weights_initializer=variance_scaling_initializer(), activation_fn=relu,
                  normalizer_fn=norms.batch_norm, normalizer_params=norm),
        arg_scope([norms.batch_norm], **norm),
        arg_scope([network.max_pool2d], padding="SAME") as made,
    ):
        return made


class Kind(NamedTuple):
    """One of the two kinds: its name, its unit, does the normaliser come before convolutions?"""

    name: str
    unit: Any
    first: bool


def assembled(
    kind: Kind, inputs: Any, blocks: Any, num_classes: int | None, is_training: Any,
    global_pool: bool, output_stride: float | None, include_root_block: bool, reuse: Any,
    scope: Any,
) -> tuple[Any, Any]:
    """(logits or features, outputs of layers by name)."""
    if include_root_block and output_stride is not None:
        if output_stride % 4:
            raise pt.ArgumentError(static.message(
                "The output_stride needs to be a multiple of 4.", got=str(output_stride)))
        output_stride /= 4
    with variable_scope(scope, kind.name, [inputs], reuse=reuse) as opened:
        collection = f"{opened.original_name_scope}_end_points"
        with (
            arg_scope([network.conv2d, kind.unit, stack_blocks_dense],
                      outputs_collections=collection),
            arg_scope([norms.batch_norm], is_training=is_training),
        ):
            net = _root(kind, inputs) if include_root_block else inputs
            net = stack_blocks_dense(net, blocks, output_stride)
            if kind.first:
                net = norms.batch_norm(net, activation_fn=relu, scope="postnorm")
            if global_pool:
                net = reduce_mean(net, [1, 2], name="pool5", keepdims=True)
            if num_classes is not None:
                net = network.conv2d(net, num_classes, [1, 1], activation_fn=None,
                                     normalizer_fn=None, scope="logits")
            end_points = convert_collection_to_dict(collection)
            if num_classes is not None:
                end_points["predictions"] = norms.softmax(net, scope="predictions")
            return net, end_points


def _root(kind: Kind, net: Any) -> Any:
    bare: dict[str, Any] = {"activation_fn": None, "normalizer_fn": None} if kind.first else {}
    with arg_scope([network.conv2d], **bare):
        net = conv2d_same(net, 64, 7, stride=2, scope="conv1")
    return network.max_pool2d(net, [3, 3], stride=2, scope="pool1")


def family(kind: Kind) -> tuple[Callable[..., Any], ...]:
    """The general network of a kind, its blocks, and those of the usual depths."""

    def whole(
        inputs: Any, blocks: Any, num_classes: int | None = None, is_training: Any = True,
        global_pool: bool = True, output_stride: float | None = None,
        include_root_block: bool = True, reuse: Any = None, scope: Any = None,
    ) -> tuple[Any, Any]:
        return assembled(kind, inputs, blocks, num_classes, is_training, global_pool,
                         output_stride, include_root_block, reuse, scope)

    def block(scope: str, base_depth: int, num_units: int, stride: int) -> Block:
        unit = {"depth": base_depth * 4, "depth_bottleneck": base_depth, "stride": 1}
        return Block(scope, kind.unit, [unit] * (num_units - 1) + [{**unit, "stride": stride}])

    def of_depth(layers: int) -> Callable[..., Any]:
        name = f"{kind.name}_{layers}"

        def call(
            inputs: Any, num_classes: int | None = None, is_training: Any = True,
            global_pool: bool = True, output_stride: float | None = None, reuse: Any = None,
            scope: Any = name,
        ) -> tuple[Any, Any]:
            rows = zip((64, 128, 256, 512), DEPTHS[layers], (2, 2, 2, 1))
            blocks = [block(f"block{i}", *row) for i, row in enumerate(rows, 1)]
            return whole(inputs, blocks, num_classes, is_training, global_pool, output_stride,
                         True, reuse, scope)

        return _named(call, name, f"The network of {layers} layers.")

    return (_named(whole, kind.name, "The network of any blocks."),
            _named(block, f"{kind.name}_block", "A block of units."), *map(of_depth, DEPTHS))


def _named(function: Any, name: str, doc: str) -> Any:
    function.__name__, function.__doc__ = name, doc
    function.default_image_size = 224
    return function


__getattr__ = absent(__name__)

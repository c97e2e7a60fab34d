"""Networks that are one layer after the other: what VGG, AlexNet and OverFeat share.

A network is a list of steps: (name, width, size, more) for a convolution, several of which stand
in a scope of their own if `more` has `times`; (name, size, stride) for a pool.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pentad.frontends.tensorflow1.contrib.parts import network
from pentad.frontends.tensorflow1.contrib.parts.norms import repeat
from pentad.frontends.tensorflow1.contrib.parts.regularizers import l2_regularizer
from pentad.frontends.tensorflow1.contrib.parts.scopes import arg_scope
from pentad.frontends.tensorflow1.contrib.slim.utils import convert_collection_to_dict
from pentad.frontends.tensorflow1.ops.activations import relu
from pentad.frontends.tensorflow1.ops.shaping import squeeze
from pentad.frontends.tensorflow1.variables.initializers import TruncatedNormal, Zeros
from pentad.frontends.tensorflow1.variables.scope import variable_scope


class Conv(NamedTuple):
    """A convolution, or several of them in a scope."""

    name: str
    width: int
    size: int
    stride: int = 1
    padding: str | None = None
    times: int = 0


class Pool(NamedTuple):
    """The maximum over windows."""

    name: str
    size: int
    stride: int


def settings(weight_decay: float, biases: Any, pools: str | None) -> Any:
    """The scope of arguments for such a network."""
    with (
        arg_scope([network.conv2d, network.fully_connected], activation_fn=relu,
                  weights_regularizer=l2_regularizer(weight_decay), biases_initializer=biases),
        arg_scope([network.conv2d], padding="SAME") as made,
    ):
        if pools is None:
            return made
        with arg_scope([network.max_pool2d], padding=pools) as padded:
            return padded


def built(
    inputs: Any, steps: Any, hidden: Any, num_classes: int, is_training: Any, keep: float,
    spatial_squeeze: bool, scope: Any, default: str, head: Any = None,
) -> tuple[Any, Any]:
    """(logits, the outputs of layers by name).

    hidden: the two wide convolutions behind the steps, that dropout follows. head: what these
    begin their weights and biases with, where the network says so.
    """
    with variable_scope(scope, default, [inputs]) as opened:
        collection = f"{opened.original_name_scope}_end_points"
        with arg_scope([network.conv2d, network.fully_connected, network.max_pool2d],
                       outputs_collections=collection):
            net = inputs
            for step in steps:
                net = _stepped(net, step)
            with arg_scope([network.conv2d], **(head or {})):
                net = _headed(net, hidden, num_classes, is_training, keep, bool(head))
        end_points = convert_collection_to_dict(collection)
        if spatial_squeeze:
            net = squeeze(net, [1, 2], name="fc8/squeezed")
            end_points[f"{opened.name}/fc8"] = net
        return net, end_points


def _stepped(net: Any, step: Any) -> Any:
    if isinstance(step, Pool):
        return network.max_pool2d(net, [step.size, step.size], step.stride, scope=step.name)
    kernel = [step.size, step.size]
    if step.times:
        return repeat(net, step.times, network.conv2d, step.width, kernel, scope=step.name)
    more = {"padding": step.padding} if step.padding else {}
    return network.conv2d(net, step.width, kernel, step.stride, scope=step.name, **more)


def _headed(
    net: Any, hidden: Any, num_classes: int, is_training: Any, keep: float, own: bool
) -> Any:
    for number, step in enumerate(hidden, 6):
        net = _stepped(net, step)
        net = network.dropout(net, keep, is_training=is_training, scope=f"dropout{number}")
    biases = {"biases_initializer": Zeros()} if own else {}
    return network.conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None,
                          scope="fc8", **biases)


def narrow(stddev: float) -> Any:
    """Normal numbers of that deviation, without those far away."""
    return TruncatedNormal(0.0, stddev)

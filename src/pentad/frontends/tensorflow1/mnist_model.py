"""tensorflow.examples.tutorials.mnist.mnist: the network of the tutorial on feeding."""

from __future__ import annotations

import math
from typing import Any

from pentad.frontends.missing import absent
from pentad.frontends.tensorflow1 import losses
from pentad.frontends.tensorflow1.framework.dtypes import int32
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.nn import in_top_k, relu
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import zeros
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.random import truncated_normal
from pentad.frontends.tensorflow1.ops.reductions import reduce_sum
from pentad.frontends.tensorflow1.summaries.ops import scalar
from pentad.frontends.tensorflow1.train.optimizers import GradientDescentOptimizer
from pentad.frontends.tensorflow1.variables.variable import Variable

NUM_CLASSES, IMAGE_SIZE = 10, 28
IMAGE_PIXELS = IMAGE_SIZE * IMAGE_SIZE


def inference(images: Any, hidden1_units: int, hidden2_units: int) -> Any:
    """The logits of images [n, 784]: two layers with relu below a linear one."""
    found, width = images, IMAGE_PIXELS
    for scope, units in (("hidden1", hidden1_units), ("hidden2", hidden2_units),
                         ("softmax_linear", NUM_CLASSES)):
        with name_scope(scope):
            weights = Variable(truncated_normal([width, units], stddev=1 / math.sqrt(width)),
                               name="weights")
            found = matmul(found, weights) + Variable(zeros([units]), name="biases")
            found = found if scope == "softmax_linear" else relu(found)
        width = units
    return found


def loss(logits: Any, labels: Any) -> Any:
    """The mean cross entropy of logits [n, 10] and classes [n]."""
    return losses.sparse_softmax_cross_entropy(labels=cast(labels, "int64"), logits=logits)


def training(loss: Any, learning_rate: float) -> Any:
    """The operation of a step of gradient descent, which counts in `global_step`."""
    scalar("loss", loss)
    step = Variable(0, name="global_step", trainable=False)
    return GradientDescentOptimizer(learning_rate).minimize(loss, global_step=step)


def evaluation(logits: Any, labels: Any) -> Any:
    """How many of the classes [n] have the largest logit, as int32."""
    return reduce_sum(cast(in_top_k(logits, labels, 1), int32))


__getattr__ = absent(__name__)

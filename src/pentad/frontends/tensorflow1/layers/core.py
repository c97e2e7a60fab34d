"""Dense layers, dropout, flattening."""

from __future__ import annotations

from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.convert import constant_value
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.layers.base import InputSpec, Layer
from pentad.frontends.tensorflow1.ops import normalizing
from pentad.frontends.tensorflow1.ops.activations import bias_add
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.shaping import concat, reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.variables.initializers import Zeros

ZEROS = Zeros()


class Dense(Layer):
    """activation(inputs @ kernel + bias), over the last axis."""

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = None, bias_initializer: Any = ZEROS,
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, trainable: bool = True, name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable, name, **kwargs)
        self.units, self.activation, self.use_bias = int(units), activation, use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer
        self.kernel_regularizer, self.bias_regularizer = kernel_regularizer, bias_regularizer
        self.kernel_constraint, self.bias_constraint = kernel_constraint, bias_constraint
        self.activity_regularizer = activity_regularizer
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make the kernel and the bias."""
        depth = as_shape(input_shape)[-1].value
        if depth is None:
            raise pt.ShapeError(static.message(
                "The last dimension of the inputs to `Dense` should be defined. Found `None`.",
                hint="give the placeholder its last size, or reshape"))
        self.input_spec = InputSpec(min_ndim=2, axes={-1: depth})
        self.kernel = self.add_weight(
            "kernel", [depth, self.units], initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer, constraint=self.kernel_constraint)
        self.bias = self.add_weight(
            "bias", [self.units], initializer=self.bias_initializer,
            regularizer=self.bias_regularizer, constraint=self.bias_constraint,
        ) if self.use_bias else None
        self.built = True

    def call(self, inputs: Any) -> Any:
        """The product, the bias, the activation."""
        rank = inputs.shape.ndims
        if rank is not None and rank > 2:
            outputs = self._over_last_axis(inputs)
        else:
            outputs = matmul(inputs, self.kernel)
        if self.bias is not None:
            outputs = bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def _over_last_axis(self, inputs: Any) -> Any:
        rows = matmul(reshape(inputs, [-1, int(inputs.shape[-1])]), self.kernel)
        whole = concat([shape_of(inputs)[:-1], [self.units]], 0)
        outputs = reshape(rows, whole)
        outputs.set_shape(inputs.shape[:-1].concatenate(self.units))
        return outputs


class Dropout(Layer):
    """Elements made zero with probability `rate` while training, the others scaled up."""

    def __init__(
        self, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None,
        name: str | None = None, **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, thinned out while training."""
        def thinned() -> Any:
            return normalizing.dropout(inputs, noise_shape=self.noise_shape, seed=self.seed,
                                       rate=self.rate)

        return smart_cond(training, thinned, lambda: identity(inputs))


def smart_cond(predicate: Any, when_true: Any, when_false: Any) -> Any:
    """A branch that is chosen now if the predicate is known, else when the graph runs."""
    from pentad.frontends.tensorflow1.variables.variable import Variable

    if isinstance(predicate, bool | int | np.bool_ | None):
        return when_true() if predicate else when_false()
    known = None if isinstance(predicate, Variable) else constant_value(predicate)
    if known is not None:
        return when_true() if bool(known) else when_false()
    from pentad.frontends.tensorflow1.ops.branches import cond

    return cond(predicate, when_true, when_false)


class Flatten(Layer):
    """All axes but the first made one."""

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """The inputs with two axes."""
        sizes = inputs.shape.as_list()
        rest = 1
        for n in sizes[1:]:
            rest = -1 if n is None or rest == -1 else rest * n
        batch = sizes[0]
        if rest == -1:
            first = shape_of(inputs)[0] if batch is None else batch
            return reshape(inputs, [first, -1])
        found = reshape(inputs, [-1 if batch is None else batch, rest])
        found.set_shape([batch, rest])
        return found


def dense(
    inputs: Any, units: int, activation: Any = None, use_bias: bool = True,
    kernel_initializer: Any = None, bias_initializer: Any = ZEROS,
    kernel_regularizer: Any = None, bias_regularizer: Any = None,
    activity_regularizer: Any = None, kernel_constraint: Any = None, bias_constraint: Any = None,
    trainable: bool = True, name: str | None = None, reuse: Any = None,
) -> Any:
    """activation(inputs @ kernel + bias), over the last axis."""
    layer = Dense(units, activation, use_bias, kernel_initializer, bias_initializer,
                  kernel_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
                  bias_constraint, trainable, name, _scope=name, _reuse=reuse)
    return layer.apply(inputs)


def dropout(
    inputs: Any, rate: Any = 0.5, noise_shape: Any = None, seed: Any = None,
    training: Any = False, name: str | None = None,
) -> Any:
    """Elements made zero with probability `rate` while training, the others scaled up."""
    return Dropout(rate, noise_shape, seed, name).apply(inputs, training=training)


def flatten(inputs: Any, name: str | None = None, data_format: Any = None) -> Any:
    """All axes but the first made one."""
    return Flatten(name=name).apply(inputs)

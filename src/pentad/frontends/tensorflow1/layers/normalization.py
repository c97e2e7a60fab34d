"""Batch normalisation with moving means and variances, which UPDATE_OPS move."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.shapes import as_shape
from pentad.frontends.tensorflow1.layers.base import InputSpec, Layer
from pentad.frontends.tensorflow1.layers.core import smart_cond
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.normalizing import (
    batch_normalization as normalized,
)
from pentad.frontends.tensorflow1.ops.normalizing import fused_batch_norm, moments
from pentad.frontends.tensorflow1.ops.shaping import reshape
from pentad.frontends.tensorflow1.ops.state import assign_sub
from pentad.frontends.tensorflow1.variables.initializers import Ones, Zeros

ZEROS, ONES = Zeros(), Ones()


class BatchNormalization(Layer):
    """Inputs normalised by the moments of the batch while training, by moving ones otherwise.

    fused: None for the one operation where it can be used (four axes, over the channels).
    """

    def __init__(
        self, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3, center: bool = True,
        scale: bool = True, beta_initializer: Any = ZEROS, gamma_initializer: Any = ONES,
        moving_mean_initializer: Any = ZEROS, moving_variance_initializer: Any = ONES,
        beta_regularizer: Any = None, gamma_regularizer: Any = None, beta_constraint: Any = None,
        gamma_constraint: Any = None, renorm: bool = False, renorm_clipping: Any = None,
        renorm_momentum: float = 0.99, fused: Any = None, trainable: bool = True,
        virtual_batch_size: Any = None, adjustment: Any = None, name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(trainable, name, **kwargs)
        if renorm or virtual_batch_size is not None or adjustment is not None:
            from pentad.frontends.tensorflow1.errors import UnimplementedError

            raise UnimplementedError(None, None, static.message(
                "batch renormalisation, virtual batches and adjustments are not supported",
                expected="renorm=False, virtual_batch_size=None, adjustment=None"))
        self.axis = [axis] if isinstance(axis, int) else list(axis)
        self.momentum, self.epsilon, self.fused = momentum, epsilon, fused
        self.center, self.scale = center, scale
        self._first = {
            "gamma": (gamma_initializer, gamma_regularizer, gamma_constraint),
            "beta": (beta_initializer, beta_regularizer, beta_constraint),
            "moving_mean": (moving_mean_initializer, None, None),
            "moving_variance": (moving_variance_initializer, None, None)}

    def _weight(self, name: str, wanted: bool = True) -> Any:
        if not wanted:
            return None
        initializer, regularizer, constraint = self._first[name]
        return self.add_weight(
            name, self._sizes, initializer=initializer, regularizer=regularizer,
            constraint=constraint, trainable=not name.startswith("moving"))

    def build(self, input_shape: Any) -> None:
        """Make the scale, the offset, the moving mean and the moving variance."""
        shape = as_shape(input_shape)
        if shape.ndims is None:
            raise pt.ShapeError(static.message("Input has undefined rank", got=str(shape)))
        self.axis = [a % shape.ndims for a in self.axis]
        self._sizes = [shape[a].value for a in self.axis]
        if None in self._sizes:
            raise pt.ShapeError(static.message(
                "Input has undefined `axis` dimension.", got=str(shape)))
        self.input_spec = InputSpec(ndim=shape.ndims, axes=dict(zip(self.axis, self._sizes)))
        if self.fused is None or self.fused:
            self.fused = shape.ndims == 4 and self.axis in ([1], [3])
        self.gamma, self.beta = self._weight("gamma", self.scale), self._weight("beta", self.center)
        self.moving_mean = self._weight("moving_mean")
        self.moving_variance = self._weight("moving_variance")
        self.built = True

    def _moved(self, variable: Any, value: Any, momentum: Any) -> Any:
        with name_scope(None, "AssignMovingAvg", [variable, value]) as scope:
            decay = cast(1.0 - momentum, variable.dtype.base_dtype)
            step = (variable.value() - cast(value, variable.dtype.base_dtype)) * decay
            return assign_sub(variable, step, name=scope)

    def _train(self, inputs: Any, mean: Any, variance: Any, training: Any) -> None:
        """The updates: nothing moves where `training` turns out to be false."""
        if training is False or training is None or (isinstance(training, int) and not training):
            return
        momentum = smart_cond(training, lambda: _number(self.momentum), lambda: _number(1.0))
        for variable, value in ((self.moving_mean, mean), (self.moving_variance, variance)):
            self.add_update(self._moved(variable, value, momentum), inputs=inputs)

    def call(self, inputs: Any, training: Any = False) -> Any:
        """The inputs, normalised."""
        if self.fused:
            return self._fused(inputs, training)
        rank = inputs.shape.ndims
        axes = [i for i in range(rank) if i not in self.axis]
        spread = self.axis != [rank - 1]
        shape = [self._sizes[self.axis.index(i)] if i in self.axis else 1 for i in range(rank)]

        def placed(value: Any) -> Any:
            return value if value is None or not spread else reshape(value, shape)

        if training is False or training is None:
            mean, variance = self.moving_mean.value(), self.moving_variance.value()
        else:
            found = moments(inputs, axes)
            mean = smart_cond(training, lambda: found[0], lambda: self.moving_mean.value() + 0.0)
            variance = smart_cond(training, lambda: found[1],
                                  lambda: self.moving_variance.value() + 0.0)
            self._train(inputs, *found, training)
        outputs = normalized(inputs, placed(mean), placed(variance), placed(self.beta),
                             placed(self.gamma), self.epsilon)
        outputs.set_shape(inputs.shape)
        return outputs

    def _fused(self, inputs: Any, training: Any) -> Any:
        from pentad.frontends.tensorflow1.framework.convert import constant

        kind = self.moving_mean.dtype.base_dtype
        gamma = self.gamma if self.scale else constant(1.0, kind, self._sizes)
        beta = self.beta if self.center else constant(0.0, kind, self._sizes)
        options = {"epsilon": self.epsilon,
                   "data_format": "NCHW" if self.axis == [1] else "NHWC"}

        def train() -> Any:
            return list(fused_batch_norm(inputs, gamma, beta, **options))

        def infer() -> Any:
            return list(fused_batch_norm(
                inputs, gamma, beta, mean=self.moving_mean, variance=self.moving_variance,
                is_training=False, **options))

        output, mean, variance = smart_cond(training, train, infer)
        self._train(inputs, mean, variance, training)
        output.set_shape(inputs.shape)
        return output


def _number(value: Any) -> Any:
    from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor

    return convert_to_tensor(value)


def batch_normalization(
    inputs: Any, axis: Any = -1, momentum: float = 0.99, epsilon: float = 1e-3,
    center: bool = True, scale: bool = True, beta_initializer: Any = ZEROS,
    gamma_initializer: Any = ONES, moving_mean_initializer: Any = ZEROS,
    moving_variance_initializer: Any = ONES, beta_regularizer: Any = None,
    gamma_regularizer: Any = None, beta_constraint: Any = None, gamma_constraint: Any = None,
    training: Any = False, trainable: bool = True, name: str | None = None, reuse: Any = None,
    renorm: bool = False, renorm_clipping: Any = None, renorm_momentum: float = 0.99,
    fused: Any = None, virtual_batch_size: Any = None, adjustment: Any = None,
) -> Any:
    """Inputs normalised by the moments of the batch while training, by moving ones otherwise."""
    layer = BatchNormalization(
        axis, momentum, epsilon, center, scale, beta_initializer, gamma_initializer,
        moving_mean_initializer, moving_variance_initializer, beta_regularizer, gamma_regularizer,
        beta_constraint, gamma_constraint, renorm, renorm_clipping, renorm_momentum, fused,
        trainable, virtual_batch_size, adjustment, name, _reuse=reuse, _scope=name)
    return layer.apply(inputs, training=training)

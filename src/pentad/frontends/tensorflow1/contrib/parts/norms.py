"""tf.contrib.layers: batch, layer, group and instance normalisation; other small layers."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.contrib.parts.network import (
    ZEROS,
    _Variables,
    collect,
    collections_of,
    fully_connected,
)
from pentad.frontends.tensorflow1.contrib.parts.scopes import add_arg_scope
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.layers.normalization import BatchNormalization
from pentad.frontends.tensorflow1.ops import activations
from pentad.frontends.tensorflow1.ops.embedding import embedding_lookup
from pentad.frontends.tensorflow1.ops.identity import stop_gradient, with_dependencies
from pentad.frontends.tensorflow1.ops.normalizing import batch_normalization, moments
from pentad.frontends.tensorflow1.ops.reductions import reduce_max, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.train.moving_averages import assign_moving_average
from pentad.frontends.tensorflow1.variables.initializers import Ones
from pentad.frontends.tensorflow1.variables.scope import variable_scope

ONES = Ones()


class _BatchNorm(BatchNormalization):
    """Its updates go where the function says; debiased: its moving mean as if not begun at zero."""

    debiased = False

    def add_update(self, updates: Any, inputs: Any = None) -> None:
        self._updates.append((updates, inputs))

    def _moved(self, variable: Any, value: Any, momentum: Any) -> Any:
        if self.debiased and variable is self.moving_mean:
            return assign_moving_average(variable, value, momentum, zero_debias=True)
        return super()._moved(variable, value, momentum)


@add_arg_scope
def batch_norm(
    inputs: Any, decay: float = 0.999, center: bool = True, scale: bool = False,
    epsilon: float = 0.001, activation_fn: Any = None, param_initializers: Any = None,
    param_regularizers: Any = None, updates_collections: Any = GraphKeys.UPDATE_OPS,
    is_training: Any = True, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, batch_weights: Any = None,
    fused: Any = None, data_format: str = "NHWC", zero_debias_moving_mean: bool = False,
    scope: Any = None, renorm: bool = False, renorm_clipping: Any = None,
    renorm_decay: float = 0.99, adjustment: Any = None,
) -> Any:
    """Batch normalisation; the updates are collected, or made at once if the collection is None."""
    if batch_weights is not None:
        raise pt.ArgumentError("batch_norm: batch_weights are not supported")
    if zero_debias_moving_mean and not isinstance(is_training, bool | int):
        raise pt.ArgumentError(static.message(
            "batch_norm: zero_debias_moving_mean needs to know whether it trains",
            expected="is_training=True or False", got=repr(is_training)))
    first, regular = param_initializers or {}, param_regularizers or {}
    with variable_scope(scope, "BatchNorm", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        flat = rank == 2 and fused is not False
        # Matrices are images of one pixel, so that the variance is corrected as for images.
        image = reshape(inputs, [-1, 1, 1, int(inputs.shape[-1])]) if flat else inputs
        layer = _BatchNorm(
            1 if data_format.startswith("NC") and not flat else -1, decay, epsilon, center, scale,
            first.get("beta", ZEROS), first.get("gamma", ONES), first.get("moving_mean", ZEROS),
            first.get("moving_variance", ONES), regular.get("beta"), regular.get("gamma"),
            renorm=renorm, fused=fused, trainable=trainable, adjustment=adjustment,
            name=opened.name, _scope=opened, _reuse=reuse)
        layer.debiased = zero_debias_moving_mean
        outputs = layer.apply(image, training=is_training)
        outputs = reshape(outputs, shape_of(inputs)) if flat else outputs
        outputs.set_shape(inputs.shape)
        _listed(layer, variables_collections)
        if layer.updates:
            if updates_collections is None:
                outputs = with_dependencies(layer.updates, outputs)
            else:
                for op in layer.updates:
                    get_default_graph().add_to_collections(updates_collections, op)
        outputs = outputs if activation_fn is None else activation_fn(outputs)
        return collect(outputs_collections, opened.name, outputs)


def _listed(layer: Any, collections: Any) -> None:
    graph = get_default_graph()
    for variable in layer.variables:
        graph.add_to_collections([GraphKeys.MODEL_VARIABLES], variable)
        short = variable.op.name.rsplit("/", 1)[-1]
        for name in collections_of(collections, short) or ():
            graph.add_to_collections([name], variable)


def _parameters(
    make: _Variables, shape: Any, center: bool, scale: bool, first: Any = None
) -> tuple[Any, Any]:
    first = first or {}
    beta = make("beta", shape, first.get("beta", ZEROS)) if center else None
    gamma = make("gamma", shape, first.get("gamma", ONES)) if scale else None
    return beta, gamma


@add_arg_scope
def layer_norm(
    inputs: Any, center: bool = True, scale: bool = True, activation_fn: Any = None,
    reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, begin_norm_axis: int = 1, begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:
    """Each example normalised by its own moments (Ba et al., 2016)."""
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims
        make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
        shape = inputs.shape.as_list()[begin_params_axis % rank:]
        beta, gamma = _parameters(make, shape, center, scale)
        axes = list(range(begin_norm_axis % rank, rank))
        mean, variance = moments(inputs, axes, keep_dims=True)
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, 1e-12)
        outputs.set_shape(inputs.shape)
        outputs = outputs if activation_fn is None else activation_fn(outputs)
        return collect(outputs_collections, opened.name, outputs)


def _grouped(inputs: Any, groups: int, axis: int) -> tuple[Any, list[int]]:
    """The channels in groups, and the axes to normalise over."""
    sizes, whole = inputs.shape.as_list(), shape_of(inputs)
    shown = [whole[i] if n is None else n for i, n in enumerate(sizes)]
    split = [*shown[:axis], groups, int(sizes[axis]) // groups, *shown[axis + 1:]]
    found = reshape(inputs, split)
    return found, [i for i in range(1, len(split)) if i != axis]


@add_arg_scope
def group_norm(
    inputs: Any, groups: int = 32, channels_axis: int = -1, reduction_axes: Any = (-3, -2),
    center: bool = True, scale: bool = True, epsilon: float = 1e-6, activation_fn: Any = None,
    param_initializers: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
    mean_close_to_zero: bool = False,
) -> Any:
    """Each example normalised in groups of channels (Wu and He, 2018)."""
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as opened:
        return _by_groups(inputs, groups, channels_axis, center, scale, epsilon, activation_fn,
                          param_initializers, variables_collections, outputs_collections,
                          trainable, opened)


def _by_groups(
    inputs: Any, groups: Any, channels_axis: int, center: bool, scale: bool, epsilon: float,
    activation_fn: Any, first: Any, variables_collections: Any, outputs_collections: Any,
    trainable: bool, opened: Any,
) -> Any:
    inputs = convert_to_tensor(inputs)
    axis = channels_axis % inputs.shape.ndims
    channels = int(inputs.shape[axis])
    groups = channels if groups is None else groups
    if channels % groups:
        raise pt.ArgumentError(f"{channels} channels is not commensurate with {groups} groups.")
    make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
    beta, gamma = _parameters(make, [channels], center, scale, first)
    split, axes = _grouped(inputs, groups, axis)
    mean, variance = moments(split, axes, keep_dims=True)
    places = [1] * split.shape.ndims
    places[axis], places[axis + 1] = groups, channels // groups
    beta, gamma = (None if v is None else reshape(v, places) for v in (beta, gamma))
    outputs = reshape(batch_normalization(split, mean, variance, beta, gamma, epsilon),
                      shape_of(inputs))
    outputs.set_shape(inputs.shape)
    outputs = outputs if activation_fn is None else activation_fn(outputs)
    return collect(outputs_collections, opened.name, outputs)


@add_arg_scope
def instance_norm(
    inputs: Any, center: bool = True, scale: bool = True, epsilon: float = 1e-6,
    activation_fn: Any = None, param_initializers: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    data_format: str = "NHWC", scope: Any = None,
) -> Any:
    """Each channel of each example normalised by its own moments."""
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as opened:
        axis = 1 if data_format == "NCHW" else -1
        return _by_groups(inputs, None, axis, center, scale, epsilon, activation_fn,
                          param_initializers, variables_collections, outputs_collections,
                          trainable, opened)


# -- others ------------------------------------------------------------------------------------


@add_arg_scope
def unit_norm(inputs: Any, dim: int, epsilon: float = 1e-7, scope: Any = None) -> Any:
    """The inputs over their norm along an axis."""
    from pentad.frontends.tensorflow1.ops.elementwise import sqrt

    with variable_scope(scope, "UnitNorm", [inputs]):
        inputs = convert_to_tensor(inputs)
        return inputs / sqrt(reduce_sum(inputs * inputs, dim, keepdims=True) + epsilon)


@add_arg_scope
def maxout(inputs: Any, num_units: int, axis: int = -1, scope: Any = None) -> Any:
    """The maximum over groups of units."""
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        axis = axis % inputs.shape.ndims
        count = int(inputs.shape[axis])
        if count % num_units:
            raise pt.ArgumentError(
                f"number of features({count}) is not a multiple of num_units({num_units})")
        whole, sizes = shape_of(inputs), inputs.shape.as_list()
        shown = [whole[i] if n is None else n for i, n in enumerate(sizes)]
        split = [*shown[:axis], num_units, count // num_units, *shown[axis + 1:]]
        return reduce_max(reshape(inputs, split), axis + 1)


@add_arg_scope
def softmax(logits: Any, scope: Any = None) -> Any:
    """Softmax along the last axis."""
    with variable_scope(scope, "softmax", [logits]):
        return activations.softmax(logits)


def embed_sequence(
    ids: Any, vocab_size: int | None = None, embed_dim: int | None = None, unique: bool = False,
    initializer: Any = None, regularizer: Any = None, trainable: bool = True, scope: Any = None,
    reuse: Any = None,
) -> Any:
    """The rows of a table of `vocab_size` vectors."""
    if not (reuse or (vocab_size and embed_dim)):
        raise pt.ArgumentError("Must specify vocab size and embedding dimension when not reusing.")
    with variable_scope(scope, "EmbedSequence", [ids], reuse=reuse):
        from pentad.frontends.tensorflow1.contrib.parts.model_variables import model_variable

        shape = [vocab_size, embed_dim] if vocab_size and embed_dim else None
        table = model_variable("embeddings", shape, initializer=initializer,
                               regularizer=regularizer, trainable=trainable)
        return embedding_lookup(table, ids)


def stack(inputs: Any, layer: Any, stack_args: Any, **kwargs: Any) -> Any:
    """A layer several times, with other arguments each time."""
    scope = kwargs.pop("scope", None)
    if not isinstance(stack_args, list | tuple):
        raise TypeError("stack_args need to be a list or tuple")
    with variable_scope(scope, "Stack", [inputs]):
        name = scope or getattr(layer, "__name__", "stack")
        for i, args in enumerate(stack_args):
            given = args if isinstance(args, list | tuple) else [args]
            inputs = layer(inputs, *given, **{**kwargs, "scope": f"{name}_{i + 1}"})
        return inputs


def repeat(inputs: Any, repetitions: int, layer: Any, *args: Any, **kwargs: Any) -> Any:
    """A layer several times, with the same arguments."""
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        name = scope or getattr(layer, "__name__", "repeat")
        for i in range(repetitions):
            inputs = layer(inputs, *args, **{**kwargs, "scope": f"{name}_{i + 1}"})
        return inputs


def scale_gradient(inputs: Any, multiplier: Any) -> Any:
    """The inputs; their gradient is scaled."""
    inputs = convert_to_tensor(inputs)
    scaled = inputs * multiplier
    return scaled + stop_gradient(inputs - scaled)


def images_to_sequence(
    inputs: Any, data_format: str = "NHWC", outputs_collections: Any = None, scope: Any = None
) -> Any:
    """Images as sequences of their columns: [width, batch * height, channels]."""
    from pentad.frontends.tensorflow1.ops.shaping import transpose

    with name_scope(scope, "ImagesToSequence", [inputs]):
        x = convert_to_tensor(inputs)
        sizes = x.shape.as_list()
        found = transpose(reshape(x, [-1, sizes[2], sizes[3]]), [1, 0, 2])
        return collect(outputs_collections, "", found)


def sequence_to_images(
    inputs: Any, height: int, output_data_format: str = "channels_last",
    outputs_collections: Any = None, scope: Any = None,
) -> Any:
    """The way back."""
    from pentad.frontends.tensorflow1.ops.shaping import transpose

    with name_scope(scope, "SequenceToImages", [inputs]):
        x = convert_to_tensor(inputs)
        width, _, depth = x.shape.as_list()
        found = reshape(x, [-1 if width is None else width, shape_of(x)[1] // height, height,
                            depth])
        order = [1, 3, 2, 0] if output_data_format == "channels_first" else [1, 2, 0, 3]
        return collect(outputs_collections, "", transpose(found, order))


def _activated(activation: Any, doc: str) -> Any:
    def call(inputs: Any, num_outputs: int, **kwargs: Any) -> Any:
        return fully_connected(inputs, num_outputs, activation_fn=activation, **kwargs)

    call.__doc__ = doc
    return call


linear = _activated(None, "A dense layer without activation.")
relu = _activated(activations.relu, "A dense layer with relu.")
relu6 = _activated(activations.relu6, "A dense layer with relu6.")
elu = _activated(activations.elu, "A dense layer with elu.")


def legacy_fully_connected(
    x: Any, num_output_units: int, activation_fn: Any = None, weight_init: Any = None,
    bias_init: Any = ZEROS, name: Any = None, weight_collections: Any = (),
    bias_collections: Any = (), output_collections: Any = (), trainable: bool = True,
    weight_regularizer: Any = None, bias_regularizer: Any = None,
) -> Any:
    """The old dense layer: its variables are called `weights` and `bias`."""
    from pentad.frontends.tensorflow1.ops.matrices import matmul
    from pentad.frontends.tensorflow1.variables.scope import get_variable

    with variable_scope(name, "fully_connected", [x]):
        x = convert_to_tensor(x)
        width = int(x.shape[-1])
        w = get_variable("weights", [width, num_output_units], x.dtype.base_dtype, weight_init,
                         regularizer=weight_regularizer, trainable=trainable)
        y = matmul(x, w)
        if bias_init is not None:
            b = get_variable("bias", [num_output_units], x.dtype.base_dtype, bias_init,
                             regularizer=bias_regularizer, trainable=trainable)
            y = activations.bias_add(y, b)
        y = y if activation_fn is None else activation_fn(y)
        for key in output_collections:
            get_default_graph().add_to_collections([key], y)
        return y


def _legacy(activation: Any, doc: str) -> Any:
    def call(x: Any, num_output_units: int, **kwargs: Any) -> Any:
        return legacy_fully_connected(x, num_output_units, activation, **kwargs)

    call.__doc__ = doc
    return call


legacy_linear = _legacy(None, "The old dense layer without activation.")
legacy_relu = _legacy(activations.relu, "The old dense layer with relu.")
